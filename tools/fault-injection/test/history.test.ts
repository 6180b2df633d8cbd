import { describe, expect, test } from 'vitest'
import { check, type Rule } from '../src/check.js'
import type { Call, Connection, Credential, Kind, Server } from '../src/history.js'
import { run } from '../src/run.js'
import { withPassword } from '../src/workers.js'

const phone: Credential = { session: 'phone', generation: 0 }
const laptop: Credential = { session: 'laptop', generation: 0 }

interface Answer extends Partial<Call> {
  /** By whom. */
  readonly by?: Credential
}

/** A call of Ada's on server 1; 200 unless something else is said. */
function call(kind: Kind, start: number, end: number | null, answer: Answer = {}): Call {
  return { kind, user: 'ada', server: 1, start, end, status: end === null ? null : 200, ...answer }
}

const phoneSignsIn = call('sign-in', 0, 10, { made: phone })
const laptopSignsIn = call('sign-in', 0, 10, { made: laptop })
const ada = [phoneSignsIn, laptopSignsIn]

function rulesBroken(calls: readonly Call[], around: { servers?: Server[]; connections?: Connection[] } = {}): Rule[] {
  return check({ calls, servers: [{ id: 1, ended: null }], connections: [], ...around }).map(({ rule }) => rule)
}

describe('valid after its end', () => {
  const asks = (start: number, by: Credential = phone) => call('session.current', start, start + 10, { by })

  test.each<[string, Call]>([
    ['revocation', call('devices.revoke', 20, 30, { by: laptop, target: 'phone', revoked: 1 })],
    ['revocation that found nothing', call('devices.revoke', 20, 30, { by: laptop, target: 'phone', revoked: 0 })],
    ['log-out of others', call('devices.revokeOthers', 20, 30, { by: laptop })],
    ['log-out everywhere', call('devices.revokeAll', 20, 30, { by: laptop })],
    ['sign-out', call('sign-out', 20, 30, { by: phone })],
    ['password change elsewhere', call('change-password', 20, 30, { by: laptop })],
    [
      'password change of its own',
      call('change-password', 20, 30, { by: phone, made: { session: 'phone', generation: 1 } }),
    ],
  ])('a session passes after a %s was acknowledged, not one that overlaps with it', (_, revocation) => {
    expect(rulesBroken([...ada, revocation, asks(31)])).toContain('valid after its end')
    const overlapping = rulesBroken([...ada, revocation, asks(30)])
    expect(overlapping).not.toContain('valid after its end')
  })

  test('a session is listed, revoked again or passes again after it was found to have ended', () => {
    const revocation = call('devices.revoke', 20, 30, { by: laptop, target: 'phone', revoked: 1 })
    const listing = call('devices.list', 40, 50, { by: laptop, listed: ['laptop', 'phone'] })
    expect(rulesBroken([...ada, revocation, listing])).toEqual(['valid after its end'])
    expect(rulesBroken([...ada, revocation, { ...revocation, start: 40, end: 50 }])).toEqual(['valid after its end'])
    const lost = call('devices.revoke', 20, null, { by: laptop, target: 'phone' })
    const refused = call('session.current', 40, 50, { by: phone, status: 401 })
    expect(rulesBroken([...ada, lost, refused, asks(60)])).toEqual(['valid after its end'])
    const missing = call('devices.list', 40, 50, { by: laptop, listed: ['laptop'] })
    expect(rulesBroken([...ada, lost, missing, asks(60)])).toEqual(['valid after its end'])
  })

  test('not: what is spared, what came later, what has no known outcome, what was refused, another user', () => {
    const others = call('devices.revokeOthers', 20, 30, { by: laptop })
    expect(rulesBroken([...ada, others, asks(40, laptop)])).toEqual([])
    const tablet = { session: 'tablet', generation: 0 }
    expect(rulesBroken([...ada, others, call('sign-in', 15, 25, { made: tablet }), asks(40, tablet)])).toEqual([])
    const everywhere = call('devices.revokeAll', 20, 30, { by: laptop })
    for (const status of [503, 429]) expect(rulesBroken([...ada, { ...everywhere, status }, asks(40)])).toEqual([])
    expect(rulesBroken([...ada, { ...everywhere, end: null, status: null }, asks(40)])).toEqual([])
    expect(rulesBroken([...ada, { ...everywhere, user: 'bob' }, asks(40)])).toEqual([])
    const renewed = { session: 'phone', generation: 1 }
    expect(
      rulesBroken([...ada, call('change-password', 20, 30, { by: phone, made: renewed }), asks(40, renewed)]),
    ).toEqual([])
  })

  test('an allowance is given', () => {
    const calls = [...ada, call('sign-out', 20, 30, { by: phone }), asks(40)]
    const history = { calls, servers: [], connections: [] }
    expect(check(history, 9)).toHaveLength(1)
    expect(check(history, 10)).toEqual([])
  })

  test('an allowance is given to queries alone, and not to what they list', () => {
    const revocation = call('sign-out', 20, 30, { by: phone })
    const histories = [
      call('devices.revoke', 40, 50, { by: phone, target: 'tablet', revoked: 0 }),
      call('devices.list', 40, 50, { by: laptop, listed: ['laptop', 'phone'] }),
    ].map((last) => ({
      calls: [...ada, call('devices.revoke', 20, 30, { by: laptop, target: 'phone', revoked: 1 }), revocation, last],
      servers: [],
      connections: [],
    }))
    for (const history of histories)
      expect(check(history, 1_000).map(({ rule }) => rule)).toEqual(['valid after its end'])
  })
})

describe('vanished', () => {
  const refused = (start: number) => call('session.current', start, start + 10, { by: phone, status: 401 })
  const lost = (start: number, end: number | null) =>
    call('devices.revoke', start, end, { by: laptop, target: 'phone', status: end === null ? null : 503 })

  test('a live session is refused, not listed or not there to revoke', () => {
    expect(rulesBroken([...ada, refused(20)])).toEqual(['vanished'])
    expect(rulesBroken([...ada, call('devices.list', 20, 30, { by: laptop, listed: ['laptop'] })])).toEqual([
      'vanished',
    ])
    expect(rulesBroken([...ada, call('devices.revoke', 20, 30, { by: laptop, target: 'phone', revoked: 0 })])).toEqual([
      'vanished',
    ])
  })

  test('what cannot have ended it is no excuse', () => {
    const excuses = [
      call('devices.revoke', 11, 15, { by: laptop, target: 'tablet', revoked: 1 }),
      call('devices.revokeOthers', 11, 15, { by: phone }),
      call('sign-out', 11, 15, { by: laptop }),
      call('devices.revokeAll', 11, 15, { by: laptop, status: 429 }),
      call('devices.revokeAll', 11, 15, { by: laptop, user: 'bob' }),
      call('devices.revokeAll', 31, 35, { by: laptop }),
    ]
    for (const excuse of excuses) expect(rulesBroken([...ada, excuse, refused(20)]), excuse.kind).toContain('vanished')
    const before = call('devices.revokeAll', -20, -10, { by: laptop })
    expect(rulesBroken([before, ...ada, refused(20)])).toEqual(['vanished'])
  })

  test('not: what a revocation that began earlier or overlaps with it may have ended', () => {
    const revocations = [
      call('devices.revoke', 25, 40, { by: laptop, target: 'phone', revoked: 1 }),
      call('devices.revokeOthers', 25, 40, { by: laptop }),
      call('devices.revokeAll', 25, 40, { by: laptop }),
      call('sign-out', 25, 40, { by: phone }),
      call('change-password', 25, 40, { by: laptop }),
      lost(25, 40),
      lost(11, null),
    ]
    for (const revocation of revocations)
      expect(rulesBroken([...ada, revocation, refused(20)]), revocation.kind).toEqual([])
    expect(rulesBroken([call('sign-in', 0, 10, { made: phone }), refused(5)])).toEqual([])
  })

  test('a command without an answer may run for as long as its connection may deliver it, and no longer', () => {
    const early = lost(-20, -10)
    const open: Connection = { server: 1, opened: -30, closed: null }
    expect(rulesBroken([early, ...ada, refused(20)], { connections: [open] })).toEqual([])
    expect(rulesBroken([early, ...ada, refused(20)], { connections: [{ ...open, closed: 5 }] })).toEqual([])
    expect(rulesBroken([early, ...ada, refused(20)], { connections: [{ ...open, closed: -5 }] })).toEqual(['vanished'])
    expect(rulesBroken([early, ...ada, refused(20)], { connections: [{ ...open, opened: -9 }] })).toEqual(['vanished'])
    expect(rulesBroken([early, ...ada, refused(20)], { connections: [{ ...open, server: 2 }] })).toEqual(['vanished'])
    // Without any answer, the server may have sent it until it died.
    const never = lost(-20, null)
    expect(rulesBroken([never, ...ada, refused(20)], { servers: [{ id: 1, ended: 5 }] })).toEqual([])
    expect(rulesBroken([never, ...ada, refused(20)], { servers: [{ id: 1, ended: -5 }] })).toEqual(['vanished'])
  })
})

test('refused sign-in: with the right password, and no password change in the meantime', () => {
  const refused = call('sign-in', 20, 40, { status: 409 })
  expect(rulesBroken([refused])).toEqual(['refused sign-in'])
  expect(rulesBroken([refused, call('change-password', 5, 10, { by: phone })])).toEqual(['refused sign-in'])
  expect(rulesBroken([refused, call('change-password', 25, 30, { by: phone, status: 429 })])).toEqual([
    'refused sign-in',
  ])
  expect(rulesBroken([{ ...refused, status: 401 }])).toEqual(['refused sign-in'])
  for (const status of [200, 503])
    expect(rulesBroken([refused, call('change-password', 25, 30, { by: phone, status })])).toEqual([])
})

test('valid after its end: a sign-in that had begun before a password change, and was finished after it', () => {
  const change = call('change-password', 20, 30, { by: laptop, made: { session: 'laptop', generation: 1 } })
  const tablet: Credential = { session: 'tablet', generation: 0 }
  const passes = (begun: number) => {
    const late = call('create', 12, 40, { begun, made: tablet })
    return rulesBroken([...ada, change, late, call('session.current', 50, 60, { by: tablet })])
  }
  expect(passes(19)).toEqual(['valid after its end'])
  expect(passes(21)).toEqual([]) // it may have begun after the change
})

test('cleared cookie: by an answer that neither ended the session nor refused it', () => {
  for (const status of [503, 429]) {
    expect(rulesBroken([call('sign-out', 20, 30, { by: phone, status, cleared: true })])).toEqual(['cleared cookie'])
  }
  expect(rulesBroken([call('session.current', 20, 30, { by: phone, cleared: true })])).toEqual(['cleared cookie'])
  expect(rulesBroken([call('sign-out', 20, 30, { by: phone, cleared: true })])).toEqual([])
  expect(rulesBroken([call('devices.revokeAll', 20, 30, { by: phone, cleared: true })])).toEqual([])
  expect(rulesBroken([call('change-password', 20, 30, { by: phone, status: 401, cleared: true })])).toEqual([])
})

test('unexpected answer: neither success nor a refusal that has a meaning', () => {
  for (const status of [500, 404, 409, 422]) {
    expect(rulesBroken([call('session.current', 20, 30, { by: phone, status })])).toEqual(['unexpected answer'])
  }
})

test('a worker tries a password that another one has set meanwhile', async () => {
  const passwords = ['unanswered', 'first']
  const seen = await withPassword({ passwords }, 401, async (password) => {
    if (password === 'unanswered') passwords.unshift('new')
    return { password, status: password === 'new' ? 200 : 401 }
  })
  expect(seen).toEqual({ password: 'new', status: 200 })
})

// Together: most of their time they wait, for a fault to end.
describe.concurrent('real servers', () => {
  const small = { seed: 1, servers: 2, workers: 4 }

  test('hold every rule through every fault', { timeout: 240_000 }, async () => {
    const history = await run({ ...small, seconds: 4, faults: true })
    expect(check(history)).toEqual([])
    expect(new Set(history.faults.map(({ name }) => name)).size).toBe(10)
    const kinds = new Set(history.calls.filter(({ status }) => status === 200).map(({ kind }) => kind))
    expect(kinds.size, [...kinds].join(', ')).toBeGreaterThanOrEqual(8) // some are rare
  })

  test('with a near-cache, hold them through every fault but for its lease', { timeout: 240_000 }, async () => {
    const history = await run({ ...small, seconds: 4, faults: true, nearCacheLeaseMs: 1_000 })
    expect(check(history, 1_000)).toEqual([])
    expect(new Set(history.faults.map(({ name }) => name)).size).toBe(10)
  })

  test('are caught when their store leaves out every second deletion', { timeout: 60_000 }, async () => {
    const rules = check(await run({ ...small, seconds: 3, faults: false, dropHdel: 2 })).map(({ rule }) => rule)
    expect(new Set(rules)).toEqual(new Set<Rule>(['valid after its end']))
  })
})
