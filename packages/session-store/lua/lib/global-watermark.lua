-- The watermark of all users is the value of the key whose node dates sign-ins. So one step reads the clock and the watermark.
-- @include lib/clock
-- @include lib/number

-- No sign-in request lives longer than this.
local GLOBAL_WATERMARK_RETENTION_MS = 24 * 60 * 60 * 1000

local function globalWatermarkOf(key)
  return wholeNumber(redis.call('GET', key))
end

local function setGlobalWatermark(key, mark)
  redis.call('DEL', key) -- a full Redis takes SET only from a script that has deleted
  redis.call('SET', key, string.format('%.0f', mark), 'PX', GLOBAL_WATERMARK_RETENTION_MS)
end
