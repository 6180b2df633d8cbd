import { anonymous } from 'better-auth/plugins'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anyToken, startApp, copyCookies } from '../helpers.js'

let t: Awaited<ReturnType<typeof startApp>>
const linked: unknown[] = []
beforeAll(async () => {
  t = await startApp({
    plugins: [anonymous({ onLinkAccount: async ({ anonymousUser }) => void linked.push(anonymousUser.user.id) })],
  })
})
afterAll(() => t[Symbol.asyncDispose]())

async function somebody() {
  const browser = t.browser()
  const answer = await browser.post('/sign-in/anonymous')
  expect(answer).toMatchObject({ status: 200, body: { user: { isAnonymous: true } } })
  expect(answer.text).not.toMatch(anyToken)
  const session = await browser.session()
  if (session === null) throw new Error('The anonymous sign-in did not sign in')
  return { browser, userId: session.userId, id: session.id }
}

const userExists = async (id: string) =>
  (await t.adapter.findOne({ model: 'user', where: [{ field: 'id', value: id }] })) !== null

test('an anonymous sign-in is a session like any other, and its sign-out ends it', async () => {
  const { browser, userId, id } = await somebody()
  expect((await t.store.list(userId)).map((session) => session.id)).toEqual([id])
  expect(t.events).toContainEqual(expect.objectContaining({ event: 'sign-in', result: 'ok', userId, sessionId: id }))
  const thief = copyCookies(browser, t.browser())
  await browser.post('/sign-out')
  expect(await thief.session()).toBeNull()
})

test('who is anonymous already does not become so again, and stays signed in', async () => {
  const { browser, id } = await somebody()
  t.events.length = 0
  expect((await browser.post('/sign-in/anonymous')).status).toBe(400)
  expect((await browser.session())?.id).toBe(id)
  expect(t.events).toMatchObject([{ event: 'sign-in', result: 'refused' }])
})

describe('linking to a real account', () => {
  test.each(['sign-up', 'sign-in'] as const)(
    'by %s ends every session of the anonymous user, who is deleted',
    async (how) => {
      const email = `linked-by-${how}@example.org`
      if (how === 'sign-in') await t.browser().signUp(email)
      const { browser, userId } = await somebody()
      const thief = copyCookies(browser, t.browser())
      const answer = how === 'sign-up' ? await browser.signUp(email) : await browser.signIn(email)
      expect(answer.status).toBe(200)
      expect(answer.text).not.toMatch(anyToken)
      expect((await browser.session())?.userId).not.toBe(userId)
      expect(linked).toContain(userId)
      expect(await thief.session()).toBeNull()
      expect(await t.store.count(userId)).toBe(0)
      expect(await userExists(userId)).toBe(false)
      expect(t.events).toContainEqual(expect.objectContaining({ event: 'user-deleted', userId }))
    },
  )

  test('a refused sign-in links nothing', async () => {
    const { browser, userId, id } = await somebody()
    await t.browser().signUp('refused@example.org')
    expect((await browser.signIn('refused@example.org', 'wrong password')).status).toBe(401)
    expect((await browser.session())?.id).toBe(id)
    expect(await userExists(userId)).toBe(true)
  })
})

test('an anonymous user who deletes themselves is signed out', async () => {
  const { browser, userId } = await somebody()
  const thief = copyCookies(browser, t.browser())
  expect((await browser.post('/delete-anonymous-user')).status).toBe(200)
  expect(browser.jar.size).toBe(0)
  expect(await thief.session()).toBeNull()
  expect(await userExists(userId)).toBe(false)
})

test('nobody else is deleted that way', async () => {
  const { browser, userId } = await t.person('real')
  expect((await browser.post('/delete-anonymous-user')).status).toBe(403)
  expect(await browser.session()).not.toBeNull()
  expect(await userExists(userId)).toBe(true)
})
