-- Takes a dead letter off the list, and ends the script with 0 where there is none. It stands before replay and discard.
--
-- ARGV[1]  id
local id = ARGV[1]
local place = redis.call('HGET', index, id)
if not place then return 0 end
redis.call('XDEL', dead, place)
redis.call('HDEL', index, id)
redis.call('SREM', unreadable, id)
redis.call('ZREM', unannounced, id)
