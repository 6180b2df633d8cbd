-- Removes events that are stored elsewhere by now. The stream itself stays for a while, so that no id is given out twice.
-- KEYS[1]  the user's sessions
-- ARGV     ids of events
-- Output   how many were still there
-- @include lib/events
local EMPTY_STREAM_RETENTION_MS = 60000
local removed = redis.call('XDEL', EVENTS, unpack(ARGV))
if redis.call('XLEN', EVENTS) == 0 then
  redis.call('PEXPIRE', EVENTS, EMPTY_STREAM_RETENTION_MS)
end
return removed
