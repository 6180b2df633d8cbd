#!lua flags=no-writes
-- Reads a field of each of several hashes. An error with one of them is the reply for that one alone.
-- KEYS[1]  a hash, and so each that follows
-- ARGV     the field of each
-- Output   their values
local found = {}
for i, key in ipairs(KEYS) do
  found[i] = redis.pcall('HGET', key, ARGV[i])
end
return found
