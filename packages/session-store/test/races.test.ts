import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { defaultTimeouts } from '../src/index.js'
import { gate, startContractStore } from './helpers.js'

// Each test holds one operation back at the moment it reaches Redis, ends the session, and lets go.

let t: Awaited<ReturnType<typeof startContractStore>>
beforeAll(async () => {
  t = await startContractStore()
})
afterAll(() => t[Symbol.asyncDispose]())
beforeEach(() => t.flush())

type Signed = Awaited<ReturnType<typeof t.signIn>>

const revocations = {
  revoke: ({ session }: Signed) => t.store.revoke('ada', session.id),
  'revoke others': async () => {
    const phone = await t.signIn()
    return t.store.revokeOthers(phone.token)
  },
  'revoke all': () => t.store.revokeAll('ada'),
  'a password change elsewhere': async () => {
    const phone = await t.signIn()
    return t.store.rotate(phone.token, { credentialChange: true })
  },
}

const writers = {
  touch: {
    held: 'rollcallTouch',
    run: (signed: Signed) => {
      t.clock.now += defaultTimeouts.touchInterval
      return t.store.touch(signed.session)
    },
    refused: false,
  },
  update: { held: 'rollcallUpdate', run: ({ token }: Signed) => t.store.update(token, { seen: true }), refused: null },
  rotate: { held: 'rollcallRotate', run: ({ token }: Signed) => t.store.rotate(token), refused: null },
  'rotate as a credential change': {
    held: 'rollcallRotate',
    run: ({ token }: Signed) => t.store.rotate(token, { credentialChange: true }),
    refused: null,
  },
  'revoke others': {
    held: 'rollcallRevokeOthers',
    run: ({ token }: Signed) => t.store.revokeOthers(token),
    refused: null,
  },
} as const

describe('a write in flight never brings an ended session back (better-auth#11073)', () => {
  const pairs = Object.keys(writers).flatMap((writer) =>
    Object.keys(revocations).map((revocation) => [writer, revocation] as const),
  )

  test.each(pairs)('%s over %s', async (writer, revocation) => {
    // The casts name keys of the two literals above, from which the pairs were made.
    const { held, run, refused } = writers[writer as keyof typeof writers]
    const end = revocations[revocation as keyof typeof revocations]
    const signed = await t.signIn()
    const { waiting, open } = gate(t.redis, held)

    const written = run(signed)
    await waiting
    await end(signed)
    const survivors = (await t.store.list('ada')).map(({ id }) => id)
    open()

    expect(await written).toBe(refused)
    expect(await t.store.validate(signed.token)).toBeNull()
    expect((await t.store.list('ada')).map(({ id }) => id)).toEqual(survivors)
    expect(survivors).not.toContain(signed.session.id)
  })
})

describe('a sign-in in flight', () => {
  test('that began before a reset creates nothing', async () => {
    const startedAt = await t.store.time()
    const { waiting, open } = gate(t.redis, 'rollcallCreate')
    const signIn = t.store.create({ userId: 'ada', startedAt })
    await waiting
    await t.store.revokeAll('ada', { credentialChange: true })
    open()
    expect(await signIn).toBeNull()
    expect(await t.store.count('ada')).toBe(0)
  })

  test('concurrent with others is never missing from the list, nor from what log out ends (better-auth#11073)', async () => {
    const signed = await Promise.all(Array.from({ length: 20 }, () => t.signIn()))
    expect(await t.store.count('ada')).toBe(20)
    const [phone, ...others] = signed
    expect(await t.store.revokeOthers(phone?.token ?? '')).toBe(19)
    for (const { token } of others) expect(await t.store.validate(token)).toBeNull()
  })
})
