import { nameKeys } from './keys';
import { Script } from './script';

/**
 * What all scripts share. The entries of `events` are named by the event's id (microseconds since 1970, 16 digits),
 * so that their order is that of arrival. Consumers of the group are the instances; `delayed` and `released` own what
 * is in no flow: because a flow asked for a retry, or because an instance was closed.
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
  return string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000))
end
`;

const script = (source: string) => new Script(common + source);

/**
 * Creates the group, and removes the consumers of instances that have ended: milliseconds after which one that holds
 * nothing has.
 * @returns the server's time
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
return time()
`);

/**
 * Stores an event: now, record, most events, most bytes, window, most hashes, then the hashes of its key, if any.
 * @returns `stored`, `duplicate` or `full`
 */
export const add = script(`
local now, window = tonumber(ARGV[1]), tonumber(ARGV[5])
for at = 7, #ARGV do
  local known = redis.call('ZSCORE', recent, ARGV[at])
  if known and tonumber(known) <= now and now - tonumber(known) < window then return 'duplicate' end
end
local known = redis.call('HMGET', state, 'bytes', 'last')
if redis.call('XLEN', events) >= tonumber(ARGV[3]) or tonumber(known[1] or 0) >= tonumber(ARGV[4]) then return 'full' end
if ARGV[7] then
  for at = 8, #ARGV do redis.call('ZREM', recent, ARGV[at]) end
  redis.call('ZADD', recent, now, ARGV[7])
  redis.call('ZREMRANGEBYSCORE', recent, '-inf', now - window)
  redis.call('ZREMRANGEBYRANK', recent, 0, -tonumber(ARGV[6]) - 1)
  redis.call('PEXPIRE', recent, math.ceil(window))
end
local id = string.format('%.0f', math.max(now * 1000, tonumber(known[2] or 0) + 1))
redis.call('XADD', events, entry(id), 'r', ARGV[2])
redis.call('HSET', state, 'last', id)
redis.call('HINCRBY', state, 'bytes', #ARGV[2])
rouse()
return 'stored'
`);

/**
 * Takes what is to be emitted now, what is due again first: now, instance, room, visibility, attempts.
 * @returns the server's time, when something is due next, and for each event: id, attempt, kind, record
 */
export const take = script(`
local now, me, room, visibility, allowed = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local taken = {}
local function lease(id, attempt, kind, found)
  redis.call('ZADD', due, now + visibility, id)
  taken[#taken + 1] = {id, attempt, kind, found}
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, room)) do
  local found, before = record(id), attempts(id)
  if not found then
    redis.call('XACK', events, group, entry(id))
    redis.call('ZREM', due, id)
  elseif before >= allowed then
    hold(id, me, before)
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
return {time(), redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')[2], taken}
`);

/** Ends an event: id. @returns `ok` or `ended` */
export const done = script(`
local refused = ended(ARGV[1])
if refused then return refused end
forget(ARGV[1])
return {'ok'}
`);

/** Has an event emitted again later: id, attempt or nothing, time. @returns `ok`, `ended`, or `superseded` by which attempt */
export const retry = script(`
local id = ARGV[1]
local refused = ended(id, ARGV[2])
if refused then return refused end
hold(id, 'delayed', attempts(id))
redis.call('ZADD', due, ARGV[3], id)
return {'ok'}
`);

/** Reads an event that is in a flow: id, attempt or nothing. @returns as `retry`, and with `ok` its attempt and record */
export const read = script(`
local refused = ended(ARGV[1], ARGV[2])
return refused or {'ok', attempts(ARGV[1]), record(ARGV[1])}
`);

/** Makes a dead letter of an event: id, attempt, death, 1 where its record cannot be read. @returns as `retry` */
export const bury = script(`
local id = ARGV[1]
local refused = ended(id, ARGV[2])
if refused then return refused end
redis.call('XACK', events, group, entry(id))
redis.call('ZREM', due, id)
redis.call('HSET', index, id, redis.call('XADD', dead, '*', 'id', id, 'd', ARGV[3]))
if ARGV[4] == '1' then redis.call('SADD', aside, id) end
return {'ok'}
`);

/** Lists dead letters: how many, behind which id. @returns for each: id, death, record */
export const letters = script(`
local start = redis.call('HGET', index, ARGV[2])
local list = {}
for _, one in ipairs(redis.call('XRANGE', dead, start and '(' .. start or '-', '+', 'COUNT', ARGV[1])) do
  list[#list + 1] = {one[2][2], one[2][4], record(one[2][2])}
end
return list
`);

const dig = `
local id = ARGV[1]
local place = redis.call('HGET', index, id)
if not place then return 0 end
redis.call('XDEL', dead, place)
redis.call('HDEL', index, id)
redis.call('SREM', aside, id)
`;

/** Has a dead letter emitted again: id, time. @returns whether there was one */
export const replay = script(`${dig}
hold(id, 'released', 0)
redis.call('ZADD', due, ARGV[2], id)
rouse()
return 1
`);

/** Deletes a dead letter: id. @returns whether there was one */
export const discard = script(`${dig}
forget(id)
return 1
`);

/** @returns ids and records of what was set aside */
export const setAside = script(`
local list = {}
for _, id in ipairs(redis.call('SMEMBERS', aside)) do list[#list + 1] = {id, record(id)} end
return list
`);

/** @returns the ids of what an instance has in its flows: instance, how many at most */
export const heldBy = script(`
local list = {}
for _, one in ipairs(redis.call('XPENDING', events, group, '-', '+', ARGV[2], ARGV[1])) do
  list[#list + 1] = string.sub(one[1], 1, -3)
end
return list
`);

/** Gives back what is in no flow after all, as if it had not been emitted this time: instance, time, ids. */
export const release = script(`
for at = 3, #ARGV do
  local found = held(ARGV[at])
  if found and found[2] == ARGV[1] then
    hold(ARGV[at], 'released', math.max(0, found[4] - 1))
    redis.call('ZADD', due, ARGV[2], ARGV[at])
  end
end
`);

/** Removes an instance that has given everything back: instance. Its own wait, which may not have ended yet, gets a token too. */
export const leave = script(`
if redis.call('LLEN', wake) < 2 then redis.call('RPUSH', wake, '1', '1') end
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
  tonumber(redis.call('HGET', state, 'bytes') or 0), pending[1] - delayed - (owned.released or 0), delayed,
  oldest and string.sub(oldest, 1, -3)
}
`);
