-- Lists the dead letters whose record could not be read.
--
-- @returns for each: id, record
local list = {}
for _, id in ipairs(redis.call('SMEMBERS', unreadable)) do list[#list + 1] = {id, record(id)} end
return list
