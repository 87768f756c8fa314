-- What all scripts share. It stands before each of them.
--
-- KEYS  those of keys.ts, in its order
--
-- The entries of `events` are named by the event's id (microseconds since 1970, 16 digits), so that their order is that of
-- arrival. Consumers of the group are the instances. `delayed`, `released` and `exhausted` own what is in no flow: because
-- a flow asked for a retry, because an instance was closed, or because it was emitted as often as allowed and is about to
-- become a dead letter.
--
-- All times come from `now`, which no instance can influence and which never goes back by more than a second. Where the
-- server's clock is set back, or another server with another clock takes over, it goes on from where it was last seen. So a
-- delay that was counted from a wrong time is no longer than it was asked for, except for the time between the last look
-- before and the first one after: seconds, while an instance is connected.
--
-- A server that is at its `maxmemory` rejects what needs memory, unless the script has written before. Only `add` may be
-- rejected: events that are to be ended must first be emitted. So scripts begin with what needs none, and do without what
-- `now` stores.

-- Milliseconds after which the clock is stored again, which costs a write. It is not more precise when set back.
local PRECISION_MS = 1000
-- Milliseconds by which the server's clock is set back before that is worth a warning.
local NOTICEABLE_MS = 60000
-- Milliseconds that an instance has to store or to announce a dead letter, before another tries.
local GRACE_MS = 5000

local events, dead, index, unreadable, due, wake, recent, unannounced, state = unpack(KEYS)
local group = 'flows'
local function entry(id) return id .. '-0' end
local function record(id)
  local found = redis.call('XRANGE', events, entry(id), entry(id))[1]
  return found and found[2][2]
end
local function pending(id)
  return redis.call('XPENDING', events, group, entry(id), entry(id), 1)[1]
end
local function attempts(id)
  local found = pending(id)
  return found and found[4] or 0
end
local function claim(id, owner, count)
  redis.call('XCLAIM', events, group, owner, 0, entry(id), 'RETRYCOUNT', count, 'FORCE', 'JUSTID')
end
local function removeEvent(id)
  local found = record(id)
  redis.call('XACK', events, group, entry(id))
  redis.call('XDEL', events, entry(id))
  redis.call('ZREM', due, id)
  if found then redis.call('HINCRBY', state, 'bytes', -#found) end
end
local function signal()
  if redis.call('LLEN', wake) == 0 then redis.call('RPUSH', wake, '1') end
end
local function rejection(id, attempt)
  local found = pending(id)
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
    if seen - steady > NOTICEABLE_MS then redis.pcall('HSET', state, 'setBack', 1) end
    return seen
  end
  if steady >= seen + PRECISION_MS then redis.pcall('HSET', state, 'seen', steady) end
  return steady
end
local function wasSetBack()
  return redis.call('HDEL', state, 'setBack')
end
