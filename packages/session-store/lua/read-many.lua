#!lua flags=no-writes,allow-cross-slot-keys
-- Reads the sessions of several users of one node.
-- ARGV     the keys of the users' sessions
-- Output   for each key its fields and values, or an error; see lib/many
-- @include lib/many
return replyForEach(ARGV, function(key)
  return redis.call('HGETALL', key)
end)
