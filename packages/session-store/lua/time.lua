#!lua flags=no-writes
-- Reads the clock of the node that holds a key.
-- KEYS[1]  any key: the same one for all who compare these times
-- Output   ms since the epoch
-- @include lib/clock
return nodeTime()
