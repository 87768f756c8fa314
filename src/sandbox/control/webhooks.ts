import { topics } from '../../generated/topics';
import { resendModes, type ResendMode } from '../webhooks/delivery';
import { notFound, validationError, type FieldFault } from '../http/errors';
import type { ControlCall, Controls } from './routes';

/** @returns What is wrong with a registration: the URL is not http(s), or a topic is unknown. */
export function webhookFault(url: unknown, wanted: unknown): FieldFault | undefined {
  const { protocol } = typeof url === 'string' && URL.canParse(url) ? new URL(url) : { protocol: '' };
  if (protocol !== 'http:' && protocol !== 'https:') {
    return { fieldName: 'url', message: 'must be an http(s) URL' };
  }
  const known = topics.map(({ name }) => name as string);
  const good =
    wanted === undefined ||
    (Array.isArray(wanted) && wanted.every((topic) => known.includes(topic as string)));
  return good ? undefined : { fieldName: 'topics', message: `must be a list of: ${known.join(', ')}` };
}

export function addWebhook({ webhooks }: Controls, { members }: ControlCall) {
  const fault = webhookFault(members.url, members.topics);
  if (fault) throw validationError(400, { fieldErrors: [fault] });
  return webhooks.add(members.url as string, members.topics as string[] | undefined);
}

export function resendDelivery({ webhooks }: Controls, { params, members }: ControlCall) {
  const { how = 'same' } = members;
  if (!resendModes.includes(how as ResendMode)) {
    const message = `must be one of: ${resendModes.join(', ')}`;
    throw validationError(400, { fieldErrors: [{ fieldName: 'how', message }] });
  }
  const deliveries = webhooks.resend(params.id ?? '', how as ResendMode);
  if (!deliveries) throw notFound('delivery, or its endpoint was removed');
  return { deliveries };
}
