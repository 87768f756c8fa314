-- Reads an event that is in a flow.
--
-- ARGV[1]  id
-- ARGV[2]  attempt, or nothing
-- @returns as retry; with `ok` also its attempt and record
local rejected = rejection(ARGV[1], ARGV[2])
return rejected or {'ok', attempts(ARGV[1]), record(ARGV[1])}
