-- Makes a dead letter of an event.
--
-- ARGV[1]  id
-- ARGV[2]  attempt, or nothing
-- ARGV[3]  what is known of the dead letter, encrypted
-- ARGV[4]  1 where its record cannot be read
-- @returns as retry
local id = ARGV[1]
local rejected = rejection(id, ARGV[2])
if rejected then return rejected end
redis.call('XACK', events, group, entry(id))
redis.call('ZREM', due, id)
redis.call('HSET', index, id, redis.call('XADD', dead, '*', 'id', id, 'd', ARGV[3]))
if ARGV[4] == '1' then redis.call('SADD', unreadable, id) end
redis.call('ZADD', unannounced, now() + GRACE_MS, id)
return {'ok'}
