-- Counts.
--
-- @returns events, dead letters, unreadable ones, bytes, in flows, delayed, oldest id
local pending = redis.call('XPENDING', events, group)
local owned = {}
for _, owner in ipairs(pending[4] or {}) do owned[owner[1]] = tonumber(owner[2]) end
local delayed = owned.delayed or 0
local info, last = redis.call('XINFO', 'GROUPS', events)[1], nil
for at = 1, #info, 2 do if info[at] == 'last-delivered-id' then last = info[at + 1] end end
local new = redis.call('XRANGE', events, '(' .. last, '+', 'COUNT', 1)[1]
local oldest = pending[2] or new and new[1]
return {
  redis.call('XLEN', events), redis.call('HLEN', index), redis.call('SCARD', unreadable),
  tonumber(redis.call('HGET', state, 'bytes') or 0), pending[1] - delayed - (owned.released or 0) - (owned.exhausted or 0), delayed,
  oldest and string.sub(oldest, 1, -3)
}
