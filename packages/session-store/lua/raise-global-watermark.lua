-- Sets the watermark of all users: a sign-in that began at or before it signs nobody in. It never moves back.
-- KEYS[1]  the key whose node dates sign-ins; it holds the watermark
-- ARGV[1]  the watermark (ms) of an operation that goes on; empty: now
-- Output   the watermark (ms since the epoch) that the operation has
-- @include lib/global-watermark
local mark = tonumber(ARGV[1]) or nodeTime()
if mark > globalWatermarkOf(KEYS[1]) then
  setGlobalWatermark(KEYS[1], mark)
end
return mark
