-- Takes what is to be emitted now, what is due again first.
--
-- ARGV[1]  consumer
-- ARGV[2]  how many at most
-- ARGV[3]  visibility timeout in milliseconds
-- ARGV[4]  most attempts
-- @returns the server's time; milliseconds until something is due next; for each event: id, attempt, kind, record; 1 where the
-- clock was set back
local now, me, room, visibilityTimeout, allowed = now(), ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local taken = {}
local function lease(id, attempt, kind, found)
  redis.call('ZADD', due, now + (kind == 'exhausted' and GRACE_MS or visibilityTimeout), id)
  taken[#taken + 1] = {id, attempt, kind, found}
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, room)) do
  local found, before = record(id), attempts(id)
  if not found then
    redis.call('XACK', events, group, entry(id))
    redis.call('ZREM', due, id)
  elseif before >= allowed then
    claim(id, 'exhausted', before)
    lease(id, before, 'exhausted', found)
  else
    claim(id, me, before + 1)
    lease(id, before + 1, 'again', found)
  end
end
if #taken < room then
  local read = redis.call('XREADGROUP', 'GROUP', group, me, 'COUNT', room - #taken, 'STREAMS', events, '>')
  for _, one in ipairs(read and read[1][2] or {}) do lease(string.sub(one[1], 1, -3), 1, 'first', one[2][2]) end
end
if #taken == room then signal() end
local next = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')[2]
return {time(), next and math.ceil(next - now), taken, wasSetBack()}
