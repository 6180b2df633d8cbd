-- Revokes sessions by their ids, in one step.
-- KEYS[1]  the user's sessions
-- ARGV[1]  now (ms since the epoch)
-- ARGV[2]  id of the session that asked for it; empty: none did
-- ARGV     then the ids of the sessions; one that is unknown is skipped
-- Output   how many live sessions were revoked
-- @include lib/publish
-- @include lib/selected
local key, now = KEYS[1], tonumber(ARGV[1])
local by = summaryOf(key, ARGV[2])
local live = revokeSelected(key, { unpack(ARGV, 3) }, now, 'revoke', by)
if #live > 0 then
  publishRevocation(key, 'revoke', { ids = live }, by)
end
return #live
