import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { createAccountMails } from '../../src/mail/account-mails.js'
import { prepareMails } from '../../src/mail/prepare.js'
import { openMailQueue } from '../../src/mail/queue.js'
import { newEmail, PASSWORD, signUpDevice, startServer, type TestServer } from '../helpers.js'
import { mailsOf, patient, rowsOf } from './queue-helpers.js'
import { linkIn, startSmtp, type TestSmtp } from './smtp.js'

// Mails that are in the queue before the change they are about.

const DELETED = 'You deleted your account'
const CHANGED = 'Your email address was changed'

async function prepareDeletion(server: TestServer, userId: string, to: string) {
  const queue = await openMailQueue(server.database())
  const add = async (mail: Parameters<typeof queue.add>[0]) =>
    (await queue.add(mail)) ?? expect.fail('The queue is full')
  const payload = { userId, to, language: 'en', at: new Date() }
  return prepareMails(add, [{ key: `account-deleted:${userId}`, kind: 'account-deleted', payload }])
}

const run = (server: TestServer, query: ReturnType<typeof sql>) => query.execute(server.database().kysely)

test('a notice that came due before its change is sent after it all the same', async () => {
  await using smtp = await startSmtp()
  await using server = await startServer({ env: { SMTP_URL: smtp.url } })
  const { api, email } = await signUpDevice(server)
  const { id } = (await api.session.current.query()).user
  const notice = await prepareDeletion(server, id, email)
  await run(server, sql`update mail set due_at = 0`)
  await expect.poll(() => rowsOf(server, 'mail'), patient).toEqual([])
  expect(mailsOf(smtp)).toEqual([])
  await run(server, sql`delete from "user" where id = ${id}`)
  await notice.release()
  await expect.poll(() => mailsOf(smtp), patient).toEqual([`${email}: ${DELETED}`])
})

test('a mail about a password that must be chosen is sent once the old one is gone', async () => {
  await using smtp = await startSmtp()
  await using server = await startServer({ env: { SMTP_URL: smtp.url } })
  const { api, email } = await signUpDevice(server)
  const { id } = (await api.session.current.query()).user
  const queue = await openMailQueue(server.database())
  const { preparePasswordRequired } = createAccountMails(
    async (mail) => (await queue.add(mail)) ?? expect.fail('The queue is full'),
    (key) => queue.withdraw(key),
  )
  const mail = await preparePasswordRequired(id)
  await run(server, sql`update mail set due_at = 0`)
  await expect.poll(() => rowsOf(server, 'mail'), patient).toEqual([])
  expect(mailsOf(smtp)).toEqual([])
  await run(server, sql`update account set password = null where "userId" = ${id}`)
  await mail.release()
  await expect.poll(() => mailsOf(smtp), patient).toEqual([`${email}: You must choose a new password`])
  const token = await linkTo(smtp, email, 'reset-password')
  const chosen = await server.browser().post('/api/auth/reset-password', { token, newPassword: PASSWORD })
  expect(chosen.status).toBe(200)
})

/** The token of the first link to an address. */
async function linkTo(
  smtp: TestSmtp,
  email: string,
  page: Parameters<typeof linkIn>[1] = 'confirm-email',
): Promise<string> {
  const find = () => smtp.received.find(({ to }) => to.includes(email))
  await expect.poll(find, patient).toBeDefined()
  return linkIn(find() ?? { message: '' }, page).searchParams.get('token') ?? ''
}

test('the old address is notified of a change although a further one was faster than the mail', async () => {
  await using smtp = await startSmtp()
  await using server = await startServer({ env: { SMTP_URL: smtp.url } })
  const { api, email } = await signUpDevice(server)
  const to = newEmail()
  await api.emailChange.request.mutate({ email: to })
  const tokens = [await linkTo(smtp, email), await linkTo(smtp, to)]
  smtp.answerWith((address) => (address === email ? 451 : 'accept'))
  for (const token of tokens)
    expect((await server.browser().post('/api/auth/confirm-email-change', { token })).status).toBe(200)
  await expect.poll(() => mailsOf(smtp), patient).toContain(`${to}: ${CHANGED}`)
  await expect.poll(async () => (await rowsOf(server, 'mail'))[0]?.['last_error'], patient).toMatch(/451/)
  await run(server, sql`update "user" set email = ${newEmail()} where email = ${to}`)
  smtp.answerWith(() => 'accept')
  await expect.poll(() => mailsOf(smtp), patient).toContain(`${email}: ${CHANGED}`)
})
