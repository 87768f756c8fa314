import { nameKeys } from './keys';
import { Script } from './script';

/** Milliseconds after which the clock is stored again, which costs a write: it is not more precise when set back. */
const precision = 1000;
/** Milliseconds by which the server's clock is set back before that is worth a warning. */
const noticeable = 60_000;
/** Milliseconds that an instance has to bury or to announce a dead letter, before another tries. */
const grace = 5000;

/**
 * What all scripts share. The entries of `events` are named by the event's id (microseconds since 1970, 16 digits),
 * so that their order is that of arrival. Consumers of the group are the instances; `delayed`, `released` and
 * `exhausted` own what is in no flow: because a flow asked for a retry, because an instance was closed, or because it was
 * emitted as often as allowed and is about to become a dead letter.
 *
 * All times come from `now`, which no instance can influence and which never goes back by more than a second: where the
 * server's clock is set back (or another server with another clock takes over), it goes on from where it was last seen. So
 * a delay that was counted from a time that turns out to be wrong is no longer than it was asked for, but for the time
 * between the last look before and the first one after: seconds, while an instance is connected.
 *
 * A server that is at its `maxmemory` refuses what needs memory, unless the script has written before. Only `add` may be
 * refused: events that are to be ended must first be emitted. So scripts begin with what needs none, and do without what
 * `now` stores.
 */
const common = `
${nameKeys}
local group = 'flows'
local function entry(id) return id .. '-0' end
local function record(id)
  local found = redis.call('XRANGE', events, entry(id), entry(id))[1]
  return found and found[2][2]
end
local function held(id)
  return redis.call('XPENDING', events, group, entry(id), entry(id), 1)[1]
end
local function attempts(id)
  local found = held(id)
  return found and found[4] or 0
end
local function hold(id, owner, count)
  redis.call('XCLAIM', events, group, owner, 0, entry(id), 'RETRYCOUNT', count, 'FORCE', 'JUSTID')
end
local function forget(id)
  local found = record(id)
  redis.call('XACK', events, group, entry(id))
  redis.call('XDEL', events, entry(id))
  redis.call('ZREM', due, id)
  if found then redis.call('HINCRBY', state, 'bytes', -#found) end
end
local function rouse()
  if redis.call('LLEN', wake) == 0 then redis.call('RPUSH', wake, '1') end
end
local function ended(id, attempt)
  local found = held(id)
  if not found or found[2] == 'delayed' then return {'ended'} end
  if attempt and attempt ~= '' and tonumber(attempt) ~= found[4] then return {'superseded', found[4]} end
end
local function time()
  local now = redis.call('TIME')
  return now[1] * 1000 + math.floor(now[2] / 1000)
end
local function now()
  local known = redis.call('HMGET', state, 'seen', 'behind')
  local seen, steady = tonumber(known[1] or 0), time() + tonumber(known[2] or 0)
  if steady < seen then
    redis.pcall('HINCRBYFLOAT', state, 'behind', seen - steady)
    if seen - steady > ${noticeable} then redis.pcall('HSET', state, 'setBack', 1) end
    return seen
  end
  if steady >= seen + ${precision} then redis.pcall('HSET', state, 'seen', steady) end
  return steady
end
local function wasSetBack()
  return redis.call('HDEL', state, 'setBack')
end
`;

const script = (source: string) => new Script(common + source);

/**
 * Creates the group, and removes the consumers of instances that have ended: milliseconds after which one that holds
 * nothing has.
 * @returns the server's time, 1 where its clock was set back
 */
export const open = script(`
local known = redis.pcall('XINFO', 'GROUPS', events)
if known.err or #known == 0 then redis.call('XGROUP', 'CREATE', events, group, '0', 'MKSTREAM') end
local longUnseen = tonumber(ARGV[1])
for _, info in ipairs(redis.call('XINFO', 'CONSUMERS', events, group)) do
  local consumer = {}
  for at = 1, #info, 2 do consumer[info[at]] = info[at + 1] end
  if consumer.pending == 0 and consumer.idle > longUnseen then
    redis.call('XGROUP', 'DELCONSUMER', events, group, consumer.name)
  end
end
now()
return {time(), wasSetBack()}
`);

/**
 * Stores an event: record, most events, most bytes, window, most hashes, then the hashes of its key, if any. Its id is
 * greater than any before, also where the clock was set back or everything was deleted meanwhile.
 * @returns `stored`, `duplicate` or `full`
 */
export const add = script(`
local now, window = now(), tonumber(ARGV[4])
for at = 6, #ARGV do
  local known = redis.call('ZSCORE', recent, ARGV[at])
  if known and now - tonumber(known) < window then return 'duplicate' end
end
local known = redis.call('HMGET', state, 'bytes', 'last')
if redis.call('XLEN', events) >= tonumber(ARGV[2]) or tonumber(known[1] or 0) >= tonumber(ARGV[3]) then return 'full' end
if ARGV[6] then
  redis.call('ZADD', recent, now, ARGV[6])
  for at = 7, #ARGV do redis.call('ZREM', recent, ARGV[at]) end
  redis.call('ZREMRANGEBYSCORE', recent, '-inf', now - window)
  redis.call('ZREMRANGEBYRANK', recent, 0, -tonumber(ARGV[5]) - 1)
  redis.call('PEXPIRE', recent, math.ceil(window))
end
-- Always 16 digits, also where the clock is set to long ago or far ahead.
local arrival = math.max(1e15, math.min(time() * 1000, 8e15))
local id = string.format('%.0f', math.max(arrival, tonumber(known[2] or 0) + 1))
redis.call('XADD', events, entry(id), 'r', ARGV[1])
redis.call('HSET', state, 'last', id)
redis.call('HINCRBY', state, 'bytes', #ARGV[1])
rouse()
return 'stored'
`);

/**
 * Takes what is to be emitted now, what is due again first: instance, room, visibility timeout, attempts.
 * @returns the server's time, milliseconds until something is due next, for each event: id, attempt, kind, record; and 1
 * where the clock was set back
 */
export const take = script(`
local now, me, room, visibilityTimeout, allowed = now(), ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local taken = {}
local function lease(id, attempt, kind, found)
  redis.call('ZADD', due, now + (kind == 'exhausted' and ${grace} or visibilityTimeout), id)
  taken[#taken + 1] = {id, attempt, kind, found}
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, room)) do
  local found, before = record(id), attempts(id)
  if not found then
    redis.call('XACK', events, group, entry(id))
    redis.call('ZREM', due, id)
  elseif before >= allowed then
    hold(id, 'exhausted', before)
    lease(id, before, 'exhausted', found)
  else
    hold(id, me, before + 1)
    lease(id, before + 1, 'again', found)
  end
end
if #taken < room then
  local read = redis.call('XREADGROUP', 'GROUP', group, me, 'COUNT', room - #taken, 'STREAMS', events, '>')
  for _, one in ipairs(read and read[1][2] or {}) do lease(string.sub(one[1], 1, -3), 1, 'first', one[2][2]) end
end
if #taken == room then rouse() end
local next = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')[2]
return {time(), next and math.ceil(next - now), taken, wasSetBack()}
`);

/** Ends an event: id. @returns `ok` or `ended` */
export const done = script(`
local refused = ended(ARGV[1])
if refused then return refused end
forget(ARGV[1])
return {'ok'}
`);

/** Has an event emitted again later: id, attempt or nothing, delay. @returns `ok`, `ended`, or `superseded` by which attempt */
export const retry = script(`
local id = ARGV[1]
local refused = ended(id, ARGV[2])
if refused then return refused end
hold(id, 'delayed', attempts(id))
redis.call('ZADD', due, now() + ARGV[3], id)
return {'ok'}
`);

/** Reads an event that is in a flow: id, attempt or nothing. @returns as `retry`, and with `ok` its attempt and record */
export const read = script(`
local refused = ended(ARGV[1], ARGV[2])
return refused or {'ok', attempts(ARGV[1]), record(ARGV[1])}
`);

/** Makes a dead letter of an event: id, attempt, death, 1 where its record cannot be read. @returns as `retry` */
export const deadLetter = script(`
local id = ARGV[1]
local refused = ended(id, ARGV[2])
if refused then return refused end
redis.call('XACK', events, group, entry(id))
redis.call('ZREM', due, id)
redis.call('HSET', index, id, redis.call('XADD', dead, '*', 'id', id, 'd', ARGV[3]))
if ARGV[4] == '1' then redis.call('SADD', aside, id) end
redis.call('ZADD', untold, now() + ${grace}, id)
return {'ok'}
`);

/**
 * Leaves to this instance to announce what another one, or this one before a fault, has buried and not announced for
 * certain: how many at most.
 * @returns for each: id, death, record
 */
export const untold = script(`
local now, list = now(), {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', untold, '-inf', now, 'LIMIT', 0, ARGV[1])) do
  local place = redis.call('HGET', index, id)
  local letter = place and redis.call('XRANGE', dead, place, place)[1]
  redis.call('ZREM', untold, id)
  if letter then
    redis.call('ZADD', untold, now + ${grace}, id)
    list[#list + 1] = {id, letter[2][4], record(id)}
  end
end
return list
`);

/** A dead letter has been announced: id. */
export const told = script(`return redis.call('ZREM', untold, ARGV[1])`);

/** Lists dead letters: how many, behind which id. @returns for each: id, death, record */
export const listDeadLetters = script(`
local start = redis.call('HGET', index, ARGV[2])
local list = {}
for _, one in ipairs(redis.call('XRANGE', dead, start and '(' .. start or '-', '+', 'COUNT', ARGV[1])) do
  list[#list + 1] = {one[2][2], one[2][4], record(one[2][2])}
end
return list
`);

const removeDeadLetter = `
local id = ARGV[1]
local place = redis.call('HGET', index, id)
if not place then return 0 end
redis.call('XDEL', dead, place)
redis.call('HDEL', index, id)
redis.call('SREM', aside, id)
redis.call('ZREM', untold, id)
`;

/** Has a dead letter emitted again: id. @returns whether there was one */
export const replay = script(`${removeDeadLetter}
hold(id, 'released', 0)
redis.call('ZADD', due, now(), id)
rouse()
return 1
`);

/** Deletes a dead letter: id. @returns whether there was one */
export const discard = script(`${removeDeadLetter}
forget(id)
return 1
`);

/** @returns ids and records of what was set aside */
export const quarantine = script(`
local list = {}
for _, id in ipairs(redis.call('SMEMBERS', aside)) do list[#list + 1] = {id, record(id)} end
return list
`);

/** @returns the ids of what an instance has in its flows, in their order: instance, how many at most, behind which id */
export const pendingFor = script(`
local list, start = {}, ARGV[3] ~= '' and '(' .. entry(ARGV[3]) or '-'
for _, one in ipairs(redis.call('XPENDING', events, group, start, '+', ARGV[2], ARGV[1])) do
  list[#list + 1] = string.sub(one[1], 1, -3)
end
return list
`);

/** Gives back what is in no flow after all, as if it had not been emitted this time: instance, ids. */
export const release = script(`
local now = now()
for at = 2, #ARGV do
  local found = held(ARGV[at])
  if found and found[2] == ARGV[1] then
    hold(ARGV[at], 'released', math.max(0, found[4] - 1))
    redis.call('ZADD', due, now, ARGV[at])
  end
end
`);

/** Removes an instance that has given everything back: instance. Its own wait, which may not have ended yet, gets a token too. */
export const removeConsumer = script(`
if redis.call('LLEN', wake) < 2 then redis.pcall('RPUSH', wake, '1', '1') end
local rest = redis.call('XPENDING', events, group, '-', '+', 1, ARGV[1])
if #rest == 0 then redis.call('XGROUP', 'DELCONSUMER', events, group, ARGV[1]) end
`);

/** @returns events, dead letters, set aside, bytes, in flows, delayed, oldest id */
export const stats = script(`
local pending = redis.call('XPENDING', events, group)
local owned = {}
for _, owner in ipairs(pending[4] or {}) do owned[owner[1]] = tonumber(owner[2]) end
local delayed = owned.delayed or 0
local info, last = redis.call('XINFO', 'GROUPS', events)[1], nil
for at = 1, #info, 2 do if info[at] == 'last-delivered-id' then last = info[at + 1] end end
local new = redis.call('XRANGE', events, '(' .. last, '+', 'COUNT', 1)[1]
local oldest = pending[2] or new and new[1]
return {
  redis.call('XLEN', events), redis.call('HLEN', index), redis.call('SCARD', aside),
  tonumber(redis.call('HGET', state, 'bytes') or 0), pending[1] - delayed - (owned.released or 0) - (owned.exhausted or 0), delayed,
  oldest and string.sub(oldest, 1, -3)
}
`);
