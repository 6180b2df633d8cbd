-- Rejects sessions that an operator's filter cannot select, before they leave Redis. It rejects none if it is not sure.
-- An operation calls it for each session of a node, so it creates no table and few strings.
-- @include lib/record
local find, lower, match = string.find, string.lower, string.match

-- Returns whether a text is the number of an octet, without leading zeros.
local function isOctet(digits)
  return tonumber(digits) <= 255 and (#digits == 1 or not find(digits, '^0'))
end

local function isIPv4(text)
  local a, b, c, d = match(text, '^(%d+)%.(%d+)%.(%d+)%.(%d+)$')
  return a and isOctet(a) and isOctet(b) and isOctet(c) and isOctet(d)
end

-- Returns whether an address may have an octet within bounds behind certain other ones, and whether that is sure. An address of
-- IPv6 has many spellings, and some mean one of IPv4. So none is rejected.
local function mayHaveAddress(record, pattern, from, to)
  local text, isInPlace = addressOf(record)
  local octet = tonumber(match(text, pattern))
  if octet and octet >= from and octet <= to then
    return true, isInPlace and isIPv4(text)
  end
  return not isInPlace or find(text, ':', 1, true)
end

-- JavaScript knows two more characters whose lower case is ASCII: U+212A is a k, and U+0130 an i with a dot.
local function mayContain(record, text)
  return find(lower(record), text, DETAILS, true)
    or find(record, '\226\132\170', DETAILS, true)
    or find(record, '\196\176', DETAILS, true)
end

local function mayHaveTimes(record, times)
  local createdAt, lastSeenAt = createdAtOf(record), lastSeenAtOf(record)
  return createdAt >= times.createdFrom
    and createdAt < times.createdBefore
    and lastSeenAt >= times.seenFrom
    and lastSeenAt < times.seenBefore
end

-- Returns a function that says whether the filter may select the session of a record. It also says whether that is sure, if
-- the filter has no other conditions.
local function compilePrefilter(json)
  local wanted = cjson.decode(json)
  local address, text, times = wanted.address, wanted.userAgentText, wanted.times
  local pattern = address and '^' .. string.gsub(address.before, '%.', '%%.') .. '(%d+)'
  local from, to = address and address.from, address and address.to
  return function(record)
    if (times and not mayHaveTimes(record, times)) or (text and not mayContain(record, text)) then
      return false
    end
    if address then
      return mayHaveAddress(record, pattern, from, to)
    end
    return true, true
  end
end
