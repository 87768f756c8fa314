-- Lists what an instance has in its flows, in its order.
--
-- ARGV[1]  consumer
-- ARGV[2]  how many at most
-- ARGV[3]  behind which id
-- @returns ids
local list, start = {}, ARGV[3] ~= '' and '(' .. entry(ARGV[3]) or '-'
for _, one in ipairs(redis.call('XPENDING', events, group, start, '+', ARGV[2], ARGV[1])) do
  list[#list + 1] = string.sub(one[1], 1, -3)
end
return list
