import { expect, test } from 'vitest'
import {
  eventsKey,
  exportedKey,
  importedKey,
  importedTokenKey,
  sessionsKey,
  sweepKey,
  usersPrefix,
  userTagIn,
} from '../src/record/keys.js'

test.each(['', 'app:'])('keys begin with the prefix %j, and what is of a user is in one slot', (prefix) => {
  expect(usersPrefix(prefix)).toBe(`${prefix}user:{`)
  expect(sessionsKey(prefix, 'tag')).toBe(`${prefix}user:{tag}:sessions`)
  expect(eventsKey(prefix, 'tag')).toBe(`${prefix}user:{tag}:waiting`)
  expect(exportedKey(prefix, 'tag')).toBe(`${prefix}user:{tag}:exported`)
  expect(importedKey(prefix, 'tag')).toBe(`${prefix}user:{tag}:imported`)
  expect(importedTokenKey(prefix, 'hash')).toBe(`${prefix}user:token:hash`)
  expect(sweepKey(prefix)).toBe(`${prefix}user:sweep`)
})

test.each(['', 'app:'])('the tag is read from a key of sessions under the prefix %j, and from no other', (prefix) => {
  expect(userTagIn(prefix, sessionsKey(prefix, 'tag'))).toBe('tag')
  const others = [
    eventsKey(prefix, 'tag'),
    exportedKey(prefix, 'tag'),
    importedKey(prefix, 'tag'),
    importedTokenKey(prefix, '{tag}:sessions'),
    sweepKey(prefix),
    `${prefix}user:{tag`,
    'tag}:sessions',
    sessionsKey('other:', 'tag'),
    sessionsKey(`x${prefix}`, 'tag'),
    '',
  ]
  for (const key of others) expect(userTagIn(prefix, key), key).toBeNull()
})
