-- The watermark of a user: the field of the hash that refuses sign-ins which began before a credential change.
-- @include lib/number
-- @include lib/ttl
local NOT_BEFORE = '!notBefore'
-- No sign-in request lives longer than this, so the watermark does not have to either.
local WATERMARK_RETENTION_MS = 24 * 60 * 60 * 1000

-- Returns the time (ms, by Redis' clock) at or before which a sign-in must not have begun; 0 for none. Other bytes count as
-- none: 'inf' would lock the user out, and 'nan' would never be replaced.
local function notBeforeOf(key)
  return wholeNumber(redis.call('HGET', key, NOT_BEFORE))
end

-- The watermark never moves back. Each change gives another value, so that lower-watermark.lua notices it.
local function setNotBefore(key, notBefore)
  redis.call('HSET', key, NOT_BEFORE, string.format('%.0f', math.max(notBeforeOf(key) + 1, notBefore)))
  keepAtLeast(key, WATERMARK_RETENTION_MS)
end
