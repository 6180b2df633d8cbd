-- Removes events that are kept elsewhere by now. The stream itself stays for a while, so that ids are not
-- given out twice.
-- KEYS[1]  the user's sessions
-- ARGV     ids of events
-- Output   how many were still there
local taken = redis.call('XDEL', EVENTS, unpack(ARGV))
if redis.call('XLEN', EVENTS) == 0 then
  redis.call('PEXPIRE', EVENTS, 60000)
end
return taken
