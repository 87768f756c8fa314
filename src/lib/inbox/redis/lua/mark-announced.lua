-- A dead letter has been announced.
--
-- ARGV[1]  id
-- @returns whether it was open
return redis.call('ZREM', unannounced, ARGV[1])
