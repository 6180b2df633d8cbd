-- Reads the watermark of all users. One in the future was set before Redis' clock was put back. It is lowered to now, so that
-- it refuses no sign-in that begins from here on.
-- KEYS[1]  the key whose node dates sign-ins; it holds the watermark
-- Output   the watermark (ms since the epoch); 0 for none
-- @include lib/global-watermark
local found, now = globalWatermarkOf(KEYS[1]), nodeTime()
if found <= now then
  return found
end
setGlobalWatermark(KEYS[1], now)
return now
