-- Returns the time of this node (ms since the epoch).
local function nodeTime()
  local seconds, microseconds = unpack(redis.call('TIME'))
  return tonumber(seconds) * 1000 + math.floor(tonumber(microseconds) / 1000)
end
