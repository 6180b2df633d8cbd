import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ResetMail } from '@rollcall/auth'
import type { DeviceName, Place } from '@rollcall/trpc'
import { createTransport } from 'nodemailer'
import type { Log } from './log.js'

export interface Mailer {
  /** Returns at once: an answer that waited for the mail server would tell by its slowness that an account exists. */
  sendResetPassword(mail: ResetMail): void
  /** Returns at once, as the person who signed in waits for their answer. */
  sendNewDevice(mail: NewDeviceNotice): void
  /** Resolves when no mail is under way any more; at most for the time that a mail server is given. */
  close(): Promise<void>
}

export interface NewDeviceNotice {
  readonly to: string
  readonly device: DeviceName
  readonly ipAddress: string | null
  readonly place: Place | null
  readonly at: Date
  /** Page for whoever did not sign in there. */
  readonly url: string
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

  const site = new URL(baseUrl).host

  function send(to: string, mail: Mail): void {
    const sending = deliver({ from, to: { name: '', address: to }, headers: { 'Auto-Submitted': 'auto-generated' }, ...mail })
      // The address stays out of the log: who reads it need not learn who forgot a password.
      .catch((error: unknown) => log.error({ err: error }, 'A mail could not be sent'))
      .finally(() => underWay.delete(sending))
    underWay.add(sending)
  }

  return {
    sendResetPassword: ({ to, url }) => send(to, resetMail(url, site)),
    sendNewDevice: (notice) => send(notice.to, newDeviceMail(notice, site)),
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

type Mail = Pick<Message, 'subject' | 'text' | 'html'>

/** Does not use the name on the account: whoever signed up with someone else's address could write to them through it. */
function resetMail(url: string, site: string): Mail {
  return linkMail({
    subject: 'Choose a new password',
    before: [
      'Hello,',
      `someone, hopefully you, asked for a new password for your account at ${site}.`,
      'Choose it here. The link works once, within one hour:',
    ],
    link: { url, label: 'Choose a new password' },
    after: [
      'All devices will be signed out then, and you sign in again with the new password.',
      'If it was not you, do nothing: your password stays as it is.',
    ],
  })
}

const countries = new Intl.DisplayNames('en', { type: 'region' })
const time = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' })

function newDeviceMail({ device, ipAddress, place, at, url }: NewDeviceNotice, site: string): Mail {
  const name = device.os === '' ? device.browser : `${device.browser} on ${device.os}`
  const address = ipAddress ?? 'an address that is not known'
  return linkMail({
    subject: 'New device signed in to your account',
    before: [
      'Hello,',
      `someone signed in to your account at ${site} from a device that was not used for it before:`,
      `${name}, from ${address}${placeWords(place)}, on ${time.format(at)} (UTC).`,
      'If it was you, there is nothing to do.',
      'If it was not you, someone else knows your password. Use this link, which works once, within seven days. It signs out every device and sends you another mail to choose a new password:',
    ],
    link: { url, label: 'This was not me' },
    after: ['Nothing happens before you confirm it on the page that opens.'],
  })
}

function placeWords(place: Place | null): string {
  if (place === null) return ''
  return place.kind === 'local' ? ' (local network)' : ` (approximately: ${countries.of(place.code)})`
}

interface LinkMail {
  readonly subject: string
  readonly before: readonly string[]
  readonly link: { readonly url: string; readonly label: string }
  readonly after: readonly string[]
}

function linkMail({ subject, before, link, after }: LinkMail): Mail {
  const paragraphs = (lines: readonly string[]): string => lines.map((line) => `<p>${escape(line)}</p>`).join('\n')
  return {
    subject,
    text: [...before, link.url, ...after].join('\n\n'),
    html: `${paragraphs(before)}\n<p><a href="${escape(link.url)}">${escape(link.label)}</a></p>\n${paragraphs(after)}\n`,
  }
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
