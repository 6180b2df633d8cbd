#!lua flags=no-writes,allow-cross-slot-keys
-- Reads the sessions of several users of one node. With a prefilter, those that are live and that it does not reject.
-- ARGV[1]  now (ms since the epoch)
-- ARGV[2]  the prefilter as JSON: `Prefilter` in src/operator/prefilter.ts; empty: none
-- ARGV     then the keys of the users' sessions
-- Output   For each key, its fields and values, then how many live sessions the prefilter has rejected. Or an error: see
--          lib/many.
-- @include lib/many
-- @include lib/prefilter
local now, maySelect = tonumber(ARGV[1]), ARGV[2] ~= '' and compilePrefilter(ARGV[2])

return replyForEach({ unpack(ARGV, 3) }, readHash, function(_, _, fields)
  local found, rejected = {}, 0
  if not maySelect then
    fields[#fields + 1] = rejected
    return fields
  end
  for i = 1, #fields, 2 do
    local record = fields[i + 1]
    if deadlineOf(record) > now then
      if maySelect(record) then
        found[#found + 1] = fields[i]
        found[#found + 1] = record
      else
        rejected = rejected + 1
      end
    end
  end
  found[#found + 1] = rejected
  return found
end)
