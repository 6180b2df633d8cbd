import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { createSessionEvents, type SessionStore, SessionStoreUnavailableError } from '../src/index.js'
import { startStore } from './helpers.js'
import { keyOf } from './nodes.js'

type Call = (store: SessionStore, token: string, id: string) => Promise<unknown>

const calls: [string, Call][] = [
  ['validate', (store, token) => store.validate(token)],
  ['two of them in one turn', (store, token) => Promise.all([store.validate(token), store.validate(token)])],
  ['create', (store) => store.create({ userId: 'ada', data: { note: 'classified' } })],
  ['update', (store, _, id) => store.update({ userId: 'ada', id }, { note: 'classified' })],
  ['rotate', (store, token) => store.rotate(token)],
  ['revokeMany', (store, _, id) => store.revokeMany('ada', [id])],
  ['revokeOthers', (store, token) => store.revokeOthers(token)],
  ['revokeAll', (store) => store.revokeAll('ada', { credentialChange: true, event: { name: 'classified' } })],
  ['list', (store) => store.list('ada')],
]

test.each(calls)('what Redis refused is said without the arguments of the command: %s', async (_, call) => {
  await using t = await startStore()
  const { token, session } = await t.signIn()
  await t.redis.set(keyOf('ada'), 'no hash')
  const error: unknown = await call(t.store, token, session.id).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(SessionStoreUnavailableError)
  expect(error).toMatchObject({
    cause: {
      name: 'ReplyError',
      message: expect.stringMatching(/^WRONGTYPE /) as string,
      stack: expect.stringContaining('WRONGTYPE') as string,
    },
  })
  const shown = inspect(error, { depth: null, showHidden: true })
  for (const held of [session.id, token.slice(38), 'classified', 'HGET', 'args']) expect(shown).not.toContain(held)
})

test('so it is for events', async () => {
  await using t = await startStore()
  await t.redis.set(keyOf('ada').replace('sessions', 'waiting'), 'no hash')
  const error: unknown = await createSessionEvents({ redis: t.redis })
    .append('ada', { name: 'classified' })
    .catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(SessionStoreUnavailableError)
  expect(inspect(error, { depth: null, showHidden: true })).not.toContain('classified')
})

test('a cause that is no error is an error with that text', () => {
  expect(new SessionStoreUnavailableError('gone')).toMatchObject({
    message: 'The session store is unavailable',
    cause: new Error('gone'),
  })
})
