-- Deletes a dead letter.
--
-- ARGV[1]  id
-- @returns whether there was one
removeEvent(id)
return 1
