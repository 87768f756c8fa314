-- Has an event emitted again later.
--
-- ARGV[1]  id
-- ARGV[2]  attempt, or nothing
-- ARGV[3]  milliseconds of delay
-- @returns `ok`, `ended`, or `superseded` and by which attempt
local id = ARGV[1]
local rejected = rejection(id, ARGV[2])
if rejected then return rejected end
claim(id, 'delayed', attempts(id))
redis.call('ZADD', due, now() + ARGV[3], id)
return {'ok'}
