-- A key's time to live only tidies up: deadlines decide.

-- Keeps a key for at least this long (ms). Never shortens its time to live.
local function keepAtLeast(key, milliseconds)
  if redis.call('PTTL', key) < milliseconds then
    redis.call('PEXPIRE', key, milliseconds)
  end
end
