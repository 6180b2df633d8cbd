import { createSessionStore, type Session } from '@rollcall/session-store'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMatcher, type Filter } from '../src/filter.js'
import { parseFilter } from '../src/index.js'
import { collect, keyPrefix, startBackend } from './helpers.js'

// Redis rejects sessions by a part of the filter, and revokes where that part is all of it. Both must decide as the filter does.

const START = Date.UTC(2020, 0, 1)
const startedBy = 'on call'
const EVERYTHING: Filter = { signedInBefore: new Date(2 ** 47) }

const addresses = [
  null,
  '',
  'unknown',
  '203.0.113.2',
  '203.0.113.25',
  '203.0.113.200',
  '203.0.113.255',
  '203.0.113.02', // no address
  '203.0.113.256',
  '203.0.113.2.1',
  '203.0.114.2',
  '103.0.113.2',
  '::ffff:203.0.113.2',
  '::FfFf:cb00:7102',
  '0:0:0:0:0:ffff:203.0.113.200',
  '2001:db8::2',
  '2001:DB8:0:1::2',
  'ü203.0.113.2',
]
const ranges = [
  '203.0.113.2',
  '203.0.113.0/24',
  '203.0.113.0/25',
  '203.0.113.200/29',
  '203.0.112.0/23',
  '200.0.0.0/6',
  '203.0.0.0/8',
  '0.0.0.0/0',
  '::/0',
  '::ffff:0:0/96',
  '2001:db8::/32',
]
const userAgents = [
  null,
  '',
  '55 begins with digits',
  'fe80: begins as an address of IPv6',
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  `${'long '.repeat(30)}KIOSK`,
  `${'very long '.repeat(250)}kiosk`,
  '\u212Aiosk', // whose lower case is kiosk
  'k\u0130osk', // whose lower case has a dot above the i
  'Kìosk',
]
const texts = ['kiosk', 'KIOSK', 'ki', 'i\u0307', 'linux X86', 'digits', 'ì', ' ', '%d', '.']
const userIds = [
  '',
  'ada',
  '203.0.113.2',
  'ü',
  'ü203.0.113.200',
  '💥203.0.113.2',
  'x'.repeat(126),
  'x'.repeat(127),
  `${'ü'.repeat(20)}.0.113.25`,
]
const methods = ['password', 'passkey']

/** Whole seconds, so that bounds are hit exactly. */
const seconds = fc.integer({ min: 0, max: 4 })

const sessions = fc.array(
  fc.record({
    userId: fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom(...userIds) },
      fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
    ),
    ipAddress: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...addresses) },
      fc.ipV4(),
      fc.ipV6(),
      fc.integer({ min: 0, max: 255 }).map((octet) => `203.0.113.${octet}`),
    ),
    userAgent: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...userAgents) },
      fc.string({ unit: 'binary', maxLength: 40 }),
    ),
    method: fc.constantFrom(...methods),
    created: seconds,
    seen: seconds,
  }),
  { minLength: 1, maxLength: 30 },
)

/** With one condition or two: more would select almost nothing. */
const filters = fc
  .tuple(
    fc.record({
      address: fc.oneof(fc.constantFrom(...ranges), fc.ipV4Extended().map(toRange)),
      userAgent: fc.constantFrom(...texts),
      signedInAfter: seconds.map(at),
      signedInBefore: seconds.map(at),
      lastSeenAfter: seconds.map(at),
      lastSeenBefore: seconds.map(at),
      method: fc.constantFrom(...methods),
    }),
    fc.shuffledSubarray(
      ['address', 'userAgent', 'signedInAfter', 'signedInBefore', 'lastSeenAfter', 'lastSeenBefore', 'method'],
      { minLength: 1, maxLength: 2 },
    ),
  )
  .map(([all, names]): Filter => Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name))))

/** Redis revokes by itself what these select. */
const ofAddresses = fc.constantFrom(...ranges).map((address): Filter => ({ address }))

function at(second: number): Date {
  return new Date(START + second * 1_000)
}

/** fast-check also gives octets in hexadecimal. */
function toRange(text: string): string {
  return /^(\d+\.){3}\d+$/.test(text) ? `${text.replaceAll(/\b0+(?=\d)/g, '')}/${text.length % 33}` : '203.0.113.0/24'
}

function parse(filter: Filter): Filter | null {
  try {
    return parseFilter(filter)
  } catch {
    return null // empty, or times that no session can have
  }
}

let t: Awaited<ReturnType<(typeof startBackend)['single node']>>
beforeAll(async () => {
  t = await startBackend['single node']()
})
afterAll(() => t[Symbol.asyncDispose]())

type Given = typeof sessions extends fc.Arbitrary<infer T> ? T : never

/** Signs them in, and gives all sessions as the store has them. */
async function signInAll(given: Given): Promise<Session[]> {
  await t.flush()
  const clock = { now: START }
  const timeouts = { touchInterval: 1, idle: 2 ** 42, absolute: 2 ** 42 } // for 139 years
  const { create, touch } = createSessionStore({ redis: t.redis, keyPrefix, clock: () => clock.now, timeouts })
  for (const { created, seen, method, ...session } of given) {
    clock.now = START + created * 1_000
    const found = await create({ ...session, data: { signInMethod: method } })
    clock.now = START + Math.max(created, seen) * 1_000
    if (found !== null) await touch(found.session)
  }
  return collect(t.admin.find(EVERYTHING))
}

const idsOf = (found: readonly Session[]): string[] => found.map(({ id }) => id).toSorted()

test('Redis selects what the filter selects, whatever the sessions', async () => {
  await fc.assert(
    fc.asyncProperty(sessions, fc.array(filters, { minLength: 10, maxLength: 20 }), async (given, candidates) => {
      const all = await signInAll(given)
      expect(all).toHaveLength(given.length)
      for (const filter of candidates.flatMap((candidate) => parse(candidate) ?? []))
        expect(idsOf(await collect(t.admin.find(filter))), JSON.stringify(filter)).toEqual(
          idsOf(all.filter(createMatcher(filter))),
        )
    }),
    { numRuns: 30 },
  )
})

test('an operation revokes what its filter selects, whatever the sessions, but the one that is kept', async () => {
  await fc.assert(
    fc.asyncProperty(sessions, fc.oneof(ofAddresses, filters), fc.boolean(), async (given, candidate, keepsOne) => {
      const filter = parse(candidate)
      if (filter === null) return
      const all = await signInAll(given)
      const keep = keepsOne ? (all[0]?.id ?? null) : null
      const selected = all.filter((session) => createMatcher(filter)(session) && session.id !== keep)
      const { scanned, matched, revoked } = await t.admin.revoke(filter, { startedBy, ...(keep !== null && { keep }) })
      const { length } = selected
      expect({ scanned, matched, revoked }).toEqual({ scanned: all.length, matched: length, revoked: length })
      const left = await collect(t.admin.find(EVERYTHING))
      expect(idsOf(left)).toEqual(idsOf(all.filter((session) => !selected.includes(session))))
    }),
    { numRuns: 60 },
  )
})
