-- Ends an event.
--
-- ARGV[1]  id
-- @returns `ok` or `ended`
local rejected = rejection(ARGV[1])
if rejected then return rejected end
removeEvent(ARGV[1])
return {'ok'}
