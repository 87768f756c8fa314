-- Removes an instance that has given everything back. Its own wait, which may not have ended yet, gets a token too.
--
-- ARGV[1]  consumer
-- @returns nothing
if redis.call('LLEN', wake) < 2 then redis.pcall('RPUSH', wake, '1', '1') end
local rest = redis.call('XPENDING', events, group, '-', '+', 1, ARGV[1])
if #rest == 0 then redis.call('XGROUP', 'DELCONSUMER', events, group, ARGV[1]) end
