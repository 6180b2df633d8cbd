-- Scripts for several users of one node. Their keys are arguments: in a Cluster, they belong to different slots.
-- @include lib/scan

-- Returns the fields and values of a hash, and how many fields these are: `most` at most. One command, whatever the size.
local function readHash(key, most)
  local fields = redis.pcall('HRANDFIELD', key, most, 'WITHVALUES')
  return fields, #fields / 2
end

-- Returns how many fields a hash has, twice.
local function sizeOf(key)
  local size = redis.pcall('HLEN', key)
  return size, size
end

-- Calls `run` with each key, its number and what `read` has found, and returns the replies. It stops when `run` returns nil, and
-- before the users have more sessions than one script may read. An error is the reply for a single user with more. The same
-- holds for a key that is no hash, and for one that this node does not have, for example because its slot moves.
local function replyForEach(keys, read, run)
  local replies, left = {}, MAX_SCANNED
  for i, key in ipairs(keys) do
    local found, size = read(key, left + 1)
    if type(found) == 'table' and found.err then
      replies[i] = found
    elseif size <= left then
      left = left - size
      local reply = run(key, i, found)
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
  return replies
end
