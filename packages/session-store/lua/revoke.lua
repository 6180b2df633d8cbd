-- Revokes sessions by their ids, in one step.
-- KEYS[1]  the user's sessions
-- ARGV[1]  now (ms since the epoch)
-- ARGV[2]  id of the session that asked for it; empty: none did
-- ARGV     then the ids of the sessions; one that is unknown is skipped
-- Output   how many live sessions were revoked
-- @include lib/selected
return revokeSelected(KEYS[1], { unpack(ARGV, 3) }, tonumber(ARGV[1]), 'revoke', summaryOf(KEYS[1], ARGV[2]))
