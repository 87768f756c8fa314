-- Leaves to this instance to announce dead letters that nobody has announced for certain.
--
-- ARGV[1]  how many at most
-- @returns for each: id, what is known of it, record
local now, list = now(), {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', unannounced, '-inf', now, 'LIMIT', 0, ARGV[1])) do
  local place = redis.call('HGET', index, id)
  local letter = place and redis.call('XRANGE', dead, place, place)[1]
  redis.call('ZREM', unannounced, id)
  if letter then
    redis.call('ZADD', unannounced, now + GRACE_MS, id)
    list[#list + 1] = {id, letter[2][4], record(id)}
  end
end
return list
