-- Publishes changes in the same step that makes them, on a channel with the name of the user's key. Every server can read a
-- message. It holds session ids and what a list shows, never a secret.
-- @include lib/record

local function publish(key, kind, id)
  redis.call('PUBLISH', key, cjson.encode({ kind = kind, id = id }))
end

-- revoked: `ids`; or `allBut` the one session that stays (cjson.null: none stays). On the channel of all users it has `users`: the
-- ids of each, by the key of their sessions.
local function publishRevocation(key, cause, revoked, by)
  revoked.kind, revoked.cause, revoked.by = 'ended', cause, by
  redis.call('PUBLISH', key, cjson.encode(revoked))
end

-- Returns the id and the details of a session, such as the one that asked for a revocation; nil if there is none.
local function summaryOf(key, id)
  local record = id ~= '' and redis.call('HGET', key, id)
  return record and { id = id, details = detailsOf(record) } or nil
end
