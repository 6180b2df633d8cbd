import { randomBytes } from 'node:crypto'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createTransport } from 'nodemailer'
import { z } from 'zod'
import { createPrivateFolder } from '../accounts/database/private-files.js'
import type { Log } from '../log.js'
import type { Message } from './messages.js'

/** Resolves when the mail server has accepted the mail. Rejects with `DeliveryError`. */
export type Send = (to: string, message: Message, signal: AbortSignal) => Promise<void>

export interface SendOptions {
  /** Without it, mails are written to `outbox` as .eml files. Its parameter `from` names the sender. */
  readonly smtpUrl: string | undefined
  readonly outbox: string
  readonly baseUrl: string
  readonly log: Log
}

/** Without the mail server's words: they often repeat the address. */
export class DeliveryError extends Error {
  override readonly name = 'DeliveryError'
  readonly code: string
  /** The mail server refuses this mail or this address for good; trying again would not help. */
  readonly isFinal: boolean
  /** The mail server took this mail's turn, so others may fare better: it is there, and talks. */
  readonly isAboutThisMail: boolean

  constructor(error: unknown) {
    const { message, code, responseCode, command = '' } = failure.parse(error)
    super(
      responseCode === undefined
        ? message
        : `The mail server answered ${responseCode} to ${command || 'the connection'}`,
    )
    this.code = code
    this.isAboutThisMail =
      responseCode !== undefined && responseCode !== SERVICE_CLOSING && ABOUT_THIS_MAIL.has(command)
    this.isFinal = this.isAboutThisMail && responseCode !== undefined && responseCode >= 500
  }
}

const failure = z
  .object({
    message: z.string().catch('unknown error'),
    code: z.string().catch('unknown'),
    responseCode: z.number().optional().catch(undefined),
    command: z.string().optional().catch(undefined),
  })
  .catch({ message: 'unknown error', code: 'unknown' })

/** A refusal of the sender or of our password is the operator's to mend, and the mail waits for that. */
const ABOUT_THIS_MAIL = new Set(['RCPT TO', 'DATA'])
/** RFC 5321, 4.2.1: answered to any command by a mail server that shuts down. */
const SERVICE_CLOSING = 421

/** Milliseconds that a mail server may take for each step. */
const STEP_MS = 10_000

export function createSend({ smtpUrl, outbox, baseUrl, log }: SendOptions): Send {
  const from =
    (smtpUrl === undefined ? null : new URL(smtpUrl).searchParams.get('from')) ??
    `Rollcall <no-reply@${new URL(baseUrl).hostname}>`
  const deliver = smtpUrl === undefined ? toFile(outbox, log) : toServer(smtpUrl)
  return async (to, message, signal) => {
    const mail = { from, to: { name: '', address: to }, headers: { 'Auto-Submitted': 'auto-generated' }, ...message }
    await deliver(mail, signal).catch((error: unknown) => {
      throw new DeliveryError(error)
    })
  }
}

type Mail = Message & {
  readonly from: string
  readonly to: { name: string; address: string }
  readonly headers: Record<string, string>
}

function toServer(smtpUrl: string): (mail: Mail, signal: AbortSignal) => Promise<void> {
  const url = new URL(smtpUrl)
  url.searchParams.delete('from')
  const transport = createTransport({
    url: url.href,
    connectionTimeout: STEP_MS,
    greetingTimeout: STEP_MS,
    socketTimeout: STEP_MS,
  })
  return async (mail, signal) => {
    await transport.sendMail({ ...mail, signal })
  }
}

function toFile(outbox: string, log: Log): (mail: Mail) => Promise<void> {
  const transport = createTransport({ streamTransport: true, buffer: true })
  return async (mail) => {
    const { message: bytes } = await transport.sendMail(mail)
    createPrivateFolder(outbox)
    const name = `${new Date().toISOString().replaceAll(':', '-')}-${randomBytes(3).toString('hex')}.eml`
    const file = join(outbox, name)
    await writeFile(`${file}.part`, bytes, { mode: 0o600 })
    await rename(`${file}.part`, file) // a .eml is a whole mail as soon as it is there
    log.info({ file }, 'A mail was written to a file, because SMTP_URL is not set')
  }
}
