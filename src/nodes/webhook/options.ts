import type { NodeDef } from 'node-red';
import type { TopicName } from '../../generated/topics';
import { MAX_TIMEOUT_MS } from '../../lib/max-timeout';
import { textOf } from '../../lib/onegevity/environments';
import { selectedTopics } from '../../lib/webhook/outputs';

/** The saved properties; every one may be missing. */
export interface WebhookDef extends NodeDef {
  config?: string;
  path?: string;
  topics?: string[];
  declared?: boolean;
  topicHeader?: string;
  respond?: 'received' | 'flow';
  responseTimeout?: number | string;
  duplicateWindow?: number | string;
  inbox?: 'none' | 'disk' | 'redis';
  duplicatesOutput?: boolean;
  rejectedOutput?: boolean;
  deadLetterOutput?: boolean;
  visibilityTimeout?: number | string;
  maxAttempts?: number | string;
  acceptUnsigned?: boolean;
  maxBodySize?: number | string;
  bodyTimeout?: number | string;
  publicUrl?: string;
}

export interface WebhookOptions {
  path: string;
  selected: TopicName[];
  declared: boolean;
  topicHeader: string;
  respond: 'received' | 'flow';
  /** Milliseconds. */
  responseTimeout: number;
  /** Milliseconds; 0 = off. */
  duplicateWindow: number;
  /** As saved, since an unknown one must not mean none. */
  inbox: string;
  /** Milliseconds. */
  visibilityTimeout: number;
  maxAttempts: number;
  duplicatesOutput: boolean;
  rejectedOutput: boolean;
  deadLetterOutput: boolean;
  acceptUnsigned: boolean;
  /** Bytes. */
  maxBodySize: number;
  /** Milliseconds. */
  bodyTimeout: number;
}

/** @param apiMaxLength Node-RED's own limit: bytes, or text such as `5mb` */
export function webhookOptions(def: WebhookDef, apiMaxLength: unknown): WebhookOptions {
  return {
    path: def.path === undefined ? '/onegevity/webhook' : (textOf(def.path) ?? ''),
    selected: selectedTopics(def.topics),
    declared: def.declared === true,
    topicHeader: typeof def.topicHeader === 'string' ? def.topicHeader.trim().toLowerCase() : '',
    respond: def.respond === 'flow' ? 'flow' : 'received',
    responseTimeout: seconds(def.responseTimeout, 10),
    duplicateWindow: seconds(def.duplicateWindow, 0),
    inbox: def.inbox || 'none',
    visibilityTimeout: seconds(def.visibilityTimeout, 300),
    maxAttempts: Math.max(1, Math.floor(positive(def.maxAttempts, 5))),
    duplicatesOutput: def.duplicatesOutput === true,
    rejectedOutput: def.rejectedOutput === true,
    deadLetterOutput: def.deadLetterOutput === true,
    acceptUnsigned: def.acceptUnsigned === true,
    maxBodySize: Math.min(
      Math.floor(positive(def.maxBodySize, 2 ** 20)),
      bytes(apiMaxLength) ?? bytes('5mb')!,
    ),
    bodyTimeout: seconds(def.bodyTimeout, 10),
  };
}

const units: Readonly<Record<string, number>> = { b: 1, kb: 2 ** 10, mb: 2 ** 20, gb: 2 ** 30 };

/** Reads a size as Node-RED's body parsers do. */
function bytes(size: unknown): number | undefined {
  if (typeof size === 'number') return size >= 0 ? size : undefined;
  const [, number, unit = 'b'] = /^\s*(\d+(?:\.\d+)?)\s*([kmg]?b)?\s*$/i.exec(String(size)) ?? [];
  return number === undefined ? undefined : Math.floor(Number(number) * (units[unit.toLowerCase()] ?? 1));
}

function seconds(value: unknown, fallback: number): number {
  return Math.min(positive(value, fallback) * 1000, MAX_TIMEOUT_MS);
}

function positive(value: unknown, fallback: number): number {
  const number = typeof value === 'string' && value.trim() === '' ? NaN : Number(value ?? NaN);
  return Number.isFinite(number) && number > 0 ? number : fallback;
}
