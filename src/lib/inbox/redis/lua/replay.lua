-- Has a dead letter emitted again.
--
-- ARGV[1]  id
-- @returns whether there was one
claim(id, 'released', 0)
redis.call('ZADD', due, now(), id)
signal()
return 1
