import type { Session } from '@rollcall/session-store'
import { describe, expect, test } from 'vitest'
import { createMatcher, type Filter, filterFromJson } from '../src/filter.js'
import { InvalidFilterError, parseFilter } from '../src/index.js'

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
const day = (n: number) => new Date(Date.UTC(2030, 0, n))

const session: Session = {
  id: 'AAAAAAAAAAAAAAAA',
  userId: 'ada',
  createdAt: day(2),
  lastSeenAt: day(4),
  authenticatedAt: day(2),
  expiresAt: day(9),
  ipAddress: '203.0.113.9',
  userAgent: firefox,
  data: { device: { id: 'd', isNew: true }, signInMethod: 'provider:google' },
}

const placeOf = () => ({ kind: 'country', code: 'DE' }) as const
const selects = (filter: Filter, changes: Partial<Session> = {}) =>
  createMatcher(parseFilter(filter), placeOf)({ ...session, ...changes })

describe('a condition', () => {
  test.each<[Filter, Filter]>([
    [{ users: ['bob', 'ada'] }, { users: ['bob'] }],
    [{ sessions: ['AAAAAAAAAAAAAAAA'] }, { sessions: ['BBBBBBBBBBBBBBBB'] }],
    [{ address: '203.0.113.9' }, { address: '203.0.113.8' }],
    [{ address: '203.0.113.0/24' }, { address: '203.0.112.0/24' }],
    [{ address: '0.0.0.0/0' }, { address: '::/0' }],
    [{ country: 'de' }, { country: 'FR' }],
    [{ browser: 'firefox' }, { browser: 'Chrome' }],
    [{ system: 'Linux' }, { system: 'Windows 11' }],
    [{ kind: 'desktop' }, { kind: 'phone' }],
    [{ userAgent: 'GECKO/2010' }, { userAgent: 'Chrome' }],
    [{ signedInAfter: day(2) }, { signedInAfter: day(3) }],
    [{ signedInBefore: day(3) }, { signedInBefore: day(2) }],
    [{ lastSeenAfter: day(4) }, { lastSeenAfter: day(5) }],
    [{ lastSeenBefore: day(5) }, { lastSeenBefore: day(4) }],
    [{ method: 'provider:google' }, { method: 'password' }],
  ])('%j selects the session, and %j does not', (matching, other) => {
    expect(selects(matching)).toBe(true)
    expect(selects(other)).toBe(false)
    expect(selects({ ...matching, ...other })).toBe(false)
    expect(createMatcher(parseFilter(filterFromJson(JSON.stringify(matching))), placeOf)(session)).toBe(true)
  })

  test('all conditions must hold', () => {
    const all: Filter = { users: ['ada'], address: '203.0.113.0/24', browser: 'Firefox', newDevice: true }
    expect(selects(all)).toBe(true)
    expect(selects({ ...all, users: ['bob'] })).toBe(false)
    expect(selects({ ...all, browser: 'Chrome' })).toBe(false)
  })

  test('what a session does not say matches nothing', () => {
    expect(selects({ address: '0.0.0.0/0' }, { ipAddress: null })).toBe(false)
    expect(selects({ address: '::/0' }, { ipAddress: 'unknown' })).toBe(false)
    expect(selects({ userAgent: 'a' }, { userAgent: null })).toBe(false)
    expect(selects({ newDevice: true }, { data: {} })).toBe(false)
    expect(selects({ method: 'password' }, { data: {} })).toBe(false)
  })

  test.each([
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1',
      {},
      ['iPhone', 'iphone', 'iOS'],
      ['iPad', 'Android'],
    ],
    [
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
      { clientHints: { 'sec-ch-ua-model': '"SM-S921B"' } },
      ['Android (Samsung)', 'Android'],
      ['Android (Google)', 'iPhone'],
    ],
  ])('the system is taken as the page names it, and as the user agent does: %s', (userAgent, data, names, others) => {
    expect(names.map((system) => selects({ system }, { userAgent, data }))).toEqual(names.map(() => true))
    expect(others.map((system) => selects({ system }, { userAgent, data }))).toEqual(others.map(() => false))
  })

  test('ranges of IPv6, in any spelling', () => {
    expect(selects({ address: '2001:db8::/32' }, { ipAddress: '2001:DB8:0:1::2' })).toBe(true)
    expect(selects({ address: '2001:db8::/32' }, { ipAddress: '2001:db9::2' })).toBe(false)
    expect(selects({ address: '2001:db8:0::2' }, { ipAddress: '2001:db8::2' })).toBe(true)
    expect(selects({ address: '203.0.113.0/24' }, { ipAddress: '::ffff:203.0.113.9' })).toBe(true)
  })
})

test.each([
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['0:0:0:0:0:FFFF:cb00:7100/120', '203.0.113.0/24'],
  ['::ffff:0:0/96', '0.0.0.0/0'],
  ['::/0', '::/0'],
  ['::ffff:203.0.113.9/95', '::ffff:203.0.113.9/95'],
  ['2001:DB8::/32', '2001:DB8::/32'],
])('IPv4 that is written as IPv6 is IPv4, as a server records it: %s', (given, address) => {
  expect(parseFilter({ address })).toEqual({ address })
  expect(parseFilter({ address: given })).toEqual({ address })
})

test.each([
  ['UK', 'GB'],
  ['xk', 'XK'],
])('a country has the code that places have: %s', (given, country) => {
  expect(parseFilter({ country: given })).toEqual({ country })
})

describe('a filter is refused', () => {
  test.each<[unknown, RegExp]>([
    [{}, /empty.*everybody/],
    [{ browser: undefined }, /empty.*everybody/],
    [null, /filter/i],
    [{ adress: '10.0.0.1' }, /^adress: there is no such field$/],
    [{ users: [] }, /^users must name a user/],
    [{ sessions: [] }, /^sessions must name a session/],
    [{ users: [''] }, /^users\.0 must not be empty/],
    [{ userAgent: '' }, /^userAgent must not be empty/],
    [{ address: '10.0.0.0/33' }, /^address must be an address/],
    [{ address: '10.0.0' }, /^address/],
    [{ address: '10.0.0.0/' }, /^address/],
    [{ address: 'fe80::1%eth0' }, /^address/],
    [{ address: '10.0.0.0/8/8' }, /^address/],
    [{ sessions: ['AAAAAAAAAAAAAAAA', 'AAAAAAAAAAAAAAA'] }, /^sessions\.1 must be the id of a session/],
    [{ sessions: ['!notBefore'] }, /^sessions\.0 must be the id of a session/],
    [{ country: 'Germany' }, /^country must be the two letters of a country/],
    [{ country: 'XX' }, /^country must be the two letters of a country/],
    [{ country: 'eu' }, /^country must be the two letters of a country/],
    [{ method: 'pasword' }, /^method must be a way to sign in, such as password/],
    [{ method: 'provider:' }, /^method must be a way to sign in/],
    [{ browser: 'Chorme' }, /^browser must be the name of a browser, such as Chrome(?:, [^,]+){4}$/],
    [{ browser: 'explorer' }, /such as .*Internet Explorer/],
    [{ system: 'Window 11' }, /^system must be the name of a system, such as Windows 11(?:, [^,]+){4}$/],
    [{ system: '' }, /^system must not be empty/],
    [{ kind: 'car' }, /^kind must be one of desktop/],
    [{ newDevice: false }, /^newDevice must be true/],
    [{ signedInAfter: new Date(Number.NaN) }, /^signedInAfter/],
    [{ signedInAfter: day(2), signedInBefore: day(2) }, /No session can match: signedInAfter .* signedInBefore/],
    [{ lastSeenAfter: day(3), lastSeenBefore: day(2) }, /No session can match: lastSeenAfter .* lastSeenBefore/],
    [{ signedInAfter: day(3), lastSeenBefore: day(2) }, /No session can match: signedInAfter .* lastSeenBefore/],
  ])('%j', (filter, message) => {
    expect(() => parseFilter(filter)).toThrow(InvalidFilterError)
    expect(() => parseFilter(filter)).toThrow(message)
  })

  test('for a country, where places are turned off', () => {
    expect(() => createMatcher(parseFilter({ country: 'DE' }))).toThrow(InvalidFilterError)
  })
})
