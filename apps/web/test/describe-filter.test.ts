import { beforeAll, expect, test } from 'vitest'
import { describeFilter } from '../src/features/admin/describe-filter.js'
import { createI18n, loadAdminMessages } from '../src/i18n/i18n.js'

beforeAll(() => loadAdminMessages())

// Marks of direction stand around what people have typed.
const inWords = (filter: object, people: Parameters<typeof describeFilter>[2] = []) =>
  describeFilter(createI18n('en'), JSON.stringify(filter), people).replaceAll(/[\u2066-\u2069]/g, '')

test('the filter of an operation is shown in the words of its form', () => {
  expect(inWords({ users: ['ada', 'bob'] })).toBe('Person: ada, bob')
  expect(inWords({ browser: 'Firefox', address: '192.0.2.0/24', newDevice: true })).toBe(
    'Browser: Firefox · IP address or range: 192.0.2.0/24 · Only from devices that were new',
  )
  expect(inWords({ kind: 'tv', method: 'two-factor' })).toBe('Kind of device: TV · Signed in with: Password and a code')
  expect(inWords({ country: 'DE' })).toBe('Country: DE')
  expect(inWords({ method: 'provider:acme' })).toBe('Signed in with: acme account')
  expect(inWords({ signedInBefore: '2026-11-29T13:05:00.000Z' })).toMatch(/^Signed in before: .*2026.*05/)
})

test('the people of an operation are shown by their addresses, and those who are gone by their ids', () => {
  const people = [{ id: 'ada', email: 'ada@example.org' }]
  expect(inWords({ users: ['ada', 'bob'] }, people)).toBe('Person: ada@example.org, bob')
})

test('of many people, the first ones are named, and the others counted', () => {
  const people = [{ id: 'ada', email: 'ada@example.org' }]
  const users = (count: number) => ({ address: '192.0.2.1', users: { count, first: ['ada', 'bob'] } })
  expect(inWords(users(1_002), people)).toBe(
    'IP address or range: 192.0.2.1 · Person: ada@example.org, bob and 1,000 others',
  )
  expect(inWords(users(2), people)).toMatch(/Person: ada@example.org, bob$/)
})

test('a condition of a later version is shown as it is', () => {
  expect(inWords({ moon: 'full', kind: 'watch' })).toBe('moon: full · Kind of device: watch')
})
