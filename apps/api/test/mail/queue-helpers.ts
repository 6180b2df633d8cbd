import { sql } from 'kysely'
import { expect } from 'vitest'
import type { TestServer } from '../helpers.js'
import type { TestSmtp } from './smtp.js'

export const patient = { timeout: 30_000, interval: 20 }

export async function askReset(server: TestServer, email: string): Promise<void> {
  const response = await server.browser().post('/api/auth/request-password-reset', { email })
  expect(response.status, await response.clone().text()).toBe(200)
}

/** Everybody's mails: to whom, and about what. */
export const mailsOf = ({ received }: TestSmtp): string[] =>
  received.map(({ to, message }) => `${to.join()}: ${/^Subject: (.*)\r$/m.exec(message)?.[1] ?? ''}`)

export const RESET = 'Choose a new password'

export const NEW_DEVICE = 'New device signed in to your account'

export async function rowsOf(server: Pick<TestServer, 'database'>, table: string): Promise<Record<string, unknown>[]> {
  const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(table)}`.execute(
    server.database().kysely,
  )
  return rows
}

/** Resolves when no mail waits any more: each was sent, or dropped. */
export const untilMailsLeft = (server: Pick<TestServer, 'database'>): Promise<void> =>
  expect.poll(() => rowsOf(server, 'mail'), patient).toEqual([])
