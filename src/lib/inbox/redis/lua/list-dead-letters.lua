-- Lists dead letters.
--
-- ARGV[1]  how many at most
-- ARGV[2]  behind which id
-- @returns for each: id, what is known of it, record
local start = redis.call('HGET', index, ARGV[2])
local list = {}
for _, one in ipairs(redis.call('XRANGE', dead, start and '(' .. start or '-', '+', 'COUNT', ARGV[1])) do
  list[#list + 1] = {one[2][2], one[2][4], record(one[2][2])}
end
return list
