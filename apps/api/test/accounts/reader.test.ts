import { expect, test } from 'vitest'
import { readerOf } from '../../src/accounts/people/reader.js'

function named(name: string, emailVerified: unknown = true) {
  const user = { email: 'ada@example.org', name, emailVerified }
  return readerOf(user).name
}

test.each([
  ['Ada Lovelace', 'Ada'],
  ['Ada', 'Ada'],
  ["O'Neill", "O'Neill"],
  ['Jean-Luc Picard', 'Jean-Luc'],
  ['משה', 'משה'],
  ['李小龍', '李小龍'],
])('a mail greets %j by the name %j', (name, first) => {
  expect(named(name)).toBe(first)
  expect(named(name, 1)).toBe(first) // of SQLite
})

test.each(['https://evil.example', 'evil.example', '<b>Ada', 'A'.repeat(21), '1st', '', ' Ada'])(
  'a mail says nothing of the name %j',
  (name) => {
    expect(named(name)).toBeUndefined()
  },
)

test.each([false, 0, null])('a mail says no name to an address that is not confirmed: %j', (isVerified) => {
  expect(named('Ada', isVerified)).toBeUndefined()
})
