-- Stores an event. Its id is greater than any before, also where the clock was set back or everything was deleted
-- meanwhile.
--
-- ARGV[1]  record
-- ARGV[2]  most events
-- ARGV[3]  most bytes
-- ARGV[4]  milliseconds of the duplicate window
-- ARGV[5]  most hashes
-- ARGV[6]… hashes of the event's deduplication key, if any; the first is stored
-- @returns `stored`, `duplicate` or `full`
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
signal()
return 'stored'
