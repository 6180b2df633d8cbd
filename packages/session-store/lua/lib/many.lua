-- Scripts for several users of one node. Their keys are arguments: in a Cluster, they belong to different slots.
-- @include lib/scan

-- Calls `run` with each key and its number, and returns the replies. It stops when `run` returns nil, and before the users have
-- more sessions than one script may read. An error is the reply for a single user with more. The same holds for a key that is no hash, and for one
-- that this node does not have, for example because its slot moves.
local function replyForEach(keys, run)
  local replies, read = {}, 0
  for i, key in ipairs(keys) do
    local size = redis.pcall('HLEN', key)
    if type(size) == 'table' then
      replies[i] = size
    else
      read = read + size
      if read <= MAX_SCANNED then
        local reply = run(key, i)
        if reply == nil then
          break
        end
        replies[i] = reply
      elseif i > 1 then
        break
      else
        replies[i] = redis.error_reply('ERR too many sessions')
      end
    end
  end
  return replies
end
