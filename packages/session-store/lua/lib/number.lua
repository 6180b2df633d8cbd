-- Returns the number that the text spells; 0 for any other text. Lua itself would read 'inf', 'nan' and '0x1' as numbers.
local function wholeNumber(text)
  local digits = string.match(text or '', '^%d+$')
  return digits and #digits <= 15 and tonumber(digits) or 0
end
