-- Lowers a watermark in the future: it was set by another clock, and would refuse sign-ins until then.
-- KEYS[1]  the user's sessions
-- ARGV[1]  the watermark (ms) that was found
-- ARGV[2]  the time (ms) by Redis' clock since then
-- Output   1 lowered, 0 it has changed since
-- @include lib/watermark
if notBeforeOf(KEYS[1]) ~= tonumber(ARGV[1]) then
  return 0
end
redis.call('HSET', KEYS[1], NOT_BEFORE, ARGV[2])
return 1
