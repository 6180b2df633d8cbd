-- Reads the sessions of a user, but never more than a fixed number of them.
-- @include lib/record
-- @include lib/watermark

-- Most sessions that a script reads one by one, however many the user has: meanwhile Redis answers nobody.
local MAX_SCANNED = 500

-- Reads the user's sessions except `keep`: all of them, or MAX_SCANNED picked at random. Returns the `ids` it has read, as
-- `live` and `expired`, and their records in `recordOf`. `total` is how many sessions there are, `count` how many are live.
-- The others, which it has not read, count as live.
local function scanSessions(key, now, keep)
  local ids, live, expired, unreadable, recordOf = {}, {}, {}, 0, {}
  local others = redis.call('HEXISTS', key, NOT_BEFORE) + (keep and 1 or 0) -- fields that are not to be read
  local fields = redis.call('HRANDFIELD', key, MAX_SCANNED + others, 'WITHVALUES')
  for i = 1, #fields, 2 do
    local id, record = fields[i], fields[i + 1]
    if id ~= keep and id ~= NOT_BEFORE then
      ids[#ids + 1] = id
      recordOf[id] = record
      local deadline = deadlineOf(record)
      if deadline > now then
        live[#live + 1] = id
      elseif deadline > 0 then
        expired[#expired + 1] = id
      else
        unreadable = unreadable + 1
      end
    end
  end
  local total = redis.call('HLEN', key) - others
  local count = total - #expired - unreadable
  return { ids = ids, total = total, count = count, live = live, expired = expired, recordOf = recordOf }
end
