import { type TopicName, topics } from '../../generated/topics';

/** How a topic was learnt. All but `shape` are certain enough to drop a duplicate by. */
export type TopicSource = 'url' | 'header' | 'payload' | 'declared' | 'shape';

/** Why an event went to the output `other` although its body was readable. */
export type TopicReason = 'topic_mismatch' | 'topic_uncertain' | 'unknown_topic';

export interface Identified {
  topic?: TopicName;
  source?: TopicSource;
  /** The topics that the payload's shape allows, where none is certain. */
  candidates?: readonly TopicName[];
  reason?: TopicReason;
}

export interface TopicHints {
  /** The topic in the URL's last segment. */
  url?: TopicName | undefined;
  /** Value of the configured topic header, if there is such a header and it was sent. */
  header?: string | undefined;
  payload: unknown;
  /** "The vendor sends only these topics to this endpoint", where the user said so. */
  declared?: readonly TopicName[] | undefined;
}

const byName = new Map<string, TopicName>(topics.map(({ name }) => [name, name]));
/** The members that tell topics apart; any other member of a payload is ignored. */
const documented = [...new Set(topics.flatMap(({ members }) => members))];
const groups = new Map<number, readonly TopicName[]>();
for (const { members } of topics) {
  const shape = shapeOf(Object.fromEntries(members.map((name) => [name, ''])));
  const same = topics.filter((other) => other.members.join() === members.join());
  groups.set(
    shape,
    same.map(({ name }) => name),
  );
}
const noTopics: readonly TopicName[] = [];
const impossible = -1;

/** @returns the topic of that name, in the vendor's spelling */
export function topicNamed(name: unknown): TopicName | undefined {
  return byName.get(name as string);
}

/**
 * Learns a delivery's topic from what is known of it, the surest first. The vendor documents no way in which a
 * delivery names its topic, and topics of one group have the same shape: what is not certain is not guessed.
 */
export function resolveTopic({ url, header, payload, declared }: TopicHints): Identified {
  const fitting = topicsOfShape(payload);
  const named = header === undefined ? undefined : topicNamed(header.trim().toLowerCase());
  if (header !== undefined && !named && !url) return { reason: 'unknown_topic', candidates: fitting };
  const own = topicNamed(memberOf(payload, 'topic'));
  const topic = url ?? named ?? own;
  if (topic) {
    const contradicted =
      !fitting.includes(topic) ||
      (header !== undefined && named !== topic) ||
      (own !== undefined && own !== topic);
    if (contradicted) return { reason: 'topic_mismatch', candidates: fitting };
    return { topic, source: url ? 'url' : named ? 'header' : 'payload' };
  }
  if (declared) {
    const left = fitting.filter((name) => declared.includes(name));
    if (left.length === 1 && left[0]) return { topic: left[0], source: 'declared' };
    if (left.length > 0) return { reason: 'topic_uncertain', candidates: left };
  }
  if (fitting.length === 1 && fitting[0]) return { topic: fitting[0], source: 'shape' };
  return { reason: 'topic_uncertain', candidates: fitting };
}

/** @returns the topics whose documented members are exactly those that the payload has */
function topicsOfShape(payload: unknown): readonly TopicName[] {
  return groups.get(shapeOf(payload)) ?? noTopics;
}

/** One bit per documented member. A member that is null counts as absent; one that is no text or number fits nothing. */
function shapeOf(payload: unknown): number {
  let shape = 0;
  for (const [index, name] of documented.entries()) {
    const value = memberOf(payload, name);
    if (value === undefined || value === null) continue;
    if (typeof value !== 'string' && typeof value !== 'number') return impossible;
    shape |= 1 << index;
  }
  return shape;
}

function memberOf(payload: unknown, name: string): unknown {
  if (typeof payload !== 'object' || payload === null || !Object.hasOwn(payload, name)) return undefined;
  return (payload as Record<string, unknown>)[name];
}
