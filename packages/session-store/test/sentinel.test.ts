import { expect, test } from 'vitest'
import { backends, storeOn } from './helpers.js'
import { answer, until } from './retry.js'

test('a master that is killed: what a replica confirmed holds, and all goes on at the new one without a restart', async () => {
  await using t = await storeOn(backends.Sentinel, { durability: 'replicated' })
  const [laptop, phone] = [await t.signIn(), await t.signIn()]
  await until(
    'it is confirmed',
    async () => (await t.store.revoke('ada', laptop.session.id).catch(() => null)) !== null,
  )
  process.kill(t.servers.nodes[0]?.server.pid ?? 0, 'SIGKILL')

  expect(await answer(() => t.store.validate(laptop.token))).toBeNull()
  expect(await t.store.validate(phone.token)).toMatchObject({ id: phone.session.id })
  expect((await t.store.list('ada')).map(({ id }) => id)).toEqual([phone.session.id])
  expect(await answer(() => t.store.create({ userId: 'ada' }))).not.toBeNull()
})
