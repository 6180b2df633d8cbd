import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ResetMail } from '@rollcall/auth'
import { createTransport } from 'nodemailer'
import type { Log } from './log.js'

export interface Mailer {
  /** Returns at once: an answer that waited for the mail server would tell by its slowness that an account exists. */
  sendResetPassword(mail: ResetMail): void
  /** Resolves when no mail is under way any more; at most for the time that a mail server is given. */
  close(): Promise<void>
}

export interface MailerOptions {
  /** Without it, mails land in `outbox` as .eml files. Its parameter `from` names the sender. */
  readonly smtpUrl: string | undefined
  readonly outbox: string
  readonly baseUrl: string
  readonly log: Log
}

interface Message {
  from: string
  to: { name: string; address: string }
  subject: string
  text: string
  html: string
  headers: Record<string, string>
}

/** Milliseconds that a mail server may take for each step. */
const SMTP_PATIENCE = 10_000

export function createMailer({ smtpUrl, outbox, baseUrl, log }: MailerOptions): Mailer {
  const from =
    (smtpUrl === undefined ? null : new URL(smtpUrl).searchParams.get('from')) ??
    `Rollcall <no-reply@${new URL(baseUrl).hostname}>`
  const deliver = smtpUrl === undefined ? toFile(outbox, log) : toServer(smtpUrl)
  const underWay = new Set<Promise<void>>()

  return {
    sendResetPassword({ to, url }) {
      const sending = deliver({ from, to: { name: '', address: to }, ...resetMail(url, new URL(baseUrl).host) })
        // The address stays out of the log: who reads it need not learn who forgot a password.
        .catch((error: unknown) => log.error({ err: error }, 'A mail could not be sent'))
        .finally(() => underWay.delete(sending))
      underWay.add(sending)
    },
    async close() {
      await Promise.all(underWay)
    },
  }
}

function toServer(smtpUrl: string): (message: Message) => Promise<void> {
  const url = new URL(smtpUrl)
  url.searchParams.delete('from')
  const transport = createTransport({
    url: url.href,
    connectionTimeout: SMTP_PATIENCE,
    greetingTimeout: SMTP_PATIENCE,
    socketTimeout: SMTP_PATIENCE,
  })
  return async (message) => {
    await transport.sendMail(message)
  }
}

function toFile(outbox: string, log: Log): (message: Message) => Promise<void> {
  const transport = createTransport({ streamTransport: true, buffer: true })
  return async (message) => {
    const { message: bytes } = await transport.sendMail(message)
    await mkdir(outbox, { recursive: true, mode: 0o700 })
    const name = `${new Date().toISOString().replaceAll(':', '-')}-${randomBytes(3).toString('hex')}.eml`
    const file = join(outbox, name)
    await writeFile(file, bytes, { mode: 0o600 })
    log.info({ file }, 'A mail was written to a file, because SMTP_URL is not set')
  }
}

/** Does not use the name on the account: whoever signed up with someone else's address could write to them through it. */
function resetMail(url: string, site: string): Omit<Message, 'from' | 'to'> {
  const before = [
    'Hello,',
    `someone, hopefully you, asked for a new password for your account at ${site}.`,
    'Choose it here. The link works once, within one hour:',
  ]
  const after = [
    'All devices will be signed out then, and you sign in again with the new password.',
    'If it was not you, do nothing: your password stays as it is.',
  ]
  const paragraphs = (lines: string[]): string => lines.map((line) => `<p>${escape(line)}</p>`).join('\n')
  return {
    subject: 'Choose a new password',
    text: [...before, url, ...after].join('\n\n'),
    html: `${paragraphs(before)}\n<p><a href="${escape(url)}">Choose a new password</a></p>\n${paragraphs(after)}\n`,
    headers: { 'Auto-Submitted': 'auto-generated' },
  }
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
