import { baseUrls } from '../../lib/onegevity/environments';
import type { EnvironmentChoice } from './environment';

/** @returns the root that an environment stands for; empty where the editor cannot know it */
export function rootOf(environment: EnvironmentChoice, baseUrl: unknown): string {
  if (environment === 'staging' || environment === 'production') return baseUrls[environment];
  return environment === 'custom' && typeof baseUrl === 'string' ? baseUrl : '';
}
