-- Ends every session of the user. As a credential change it also refuses sign-ins that began
-- before now. An earlier watermark stays: a sign-in that it refuses may still be on its way.
-- KEYS[1]  the user's sessions
-- ARGV[1]  now (ms since the epoch)
-- ARGV[2]  how long to keep the watermark (ms); empty: not a credential change
-- ARGV[3]  id of the session that asked for it; empty: none did
-- Output   how many live sessions ended
local now = tonumber(ARGV[1])
local by = actor(KEYS[1], ARGV[3])
local ended = endSessions(KEYS[1], nil, now)
if ARGV[2] ~= '' then
  setNotBefore(KEYS[1], now, tonumber(ARGV[2]))
end
tellEnded(KEYS[1], ARGV[2] == '' and 'revoke-all' or 'credential-change', ended, by)
return #ended
