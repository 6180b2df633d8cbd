#!lua flags=no-writes
-- Reads the clock of the node that holds a key.
-- KEYS[1]  any key: the same one for all who compare these times
-- Output   ms since the epoch
local seconds, microseconds = unpack(redis.call('TIME'))
return tonumber(seconds) * 1000 + math.floor(tonumber(microseconds) / 1000)
