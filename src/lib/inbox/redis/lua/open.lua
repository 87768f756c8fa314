-- Creates the group, and removes the consumers of instances that have ended.
--
-- ARGV[1]  milliseconds after which an instance that holds nothing has ended
-- @returns the server's time, 1 where its clock was set back
local known = redis.pcall('XINFO', 'GROUPS', events)
if known.err or #known == 0 then redis.call('XGROUP', 'CREATE', events, group, '0', 'MKSTREAM') end
local longUnseen = tonumber(ARGV[1])
for _, info in ipairs(redis.call('XINFO', 'CONSUMERS', events, group)) do
  local consumer = {}
  for at = 1, #info, 2 do consumer[info[at]] = info[at + 1] end
  if consumer.pending == 0 and consumer.idle > longUnseen then
    redis.call('XGROUP', 'DELCONSUMER', events, group, consumer.name)
  end
end
now()
return {time(), wasSetBack()}
