-- Gives back what is in no flow after all, as if it had not been emitted this time.
--
-- ARGV[1]  consumer
-- ARGV[2]… ids
-- @returns nothing
local now = now()
for at = 2, #ARGV do
  local found = pending(ARGV[at])
  if found and found[2] == ARGV[1] then
    claim(ARGV[at], 'released', math.max(0, found[4] - 1))
    redis.call('ZADD', due, now, ARGV[at])
  end
end
