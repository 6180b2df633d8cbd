import type { Session } from '@rollcall/session-store'
import { type PlaceOf, shownNameOf } from '@rollcall/devices'
import { z } from 'zod'
import type { AccountMails } from '../accounts/prepared-mails.js'
import type { MailLink } from '../accounts/people/reader.js'
import { HOUR_MS } from '../durations.js'
import { MailQueueFullError } from '../errors.js'
import type { Limits } from '../limits/limits.js'
import { ownerCharges } from '../limits/mail-limits.js'
import type { Log } from '../log.js'
import { type MailKind, NOTICE_MAX_AGE_MS } from './attempt.js'
import { type AccountLinks, accountMailKinds, createAccountMails, type Notices } from './account-mails.js'
import { Delivery } from './delivery.js'
import { createEmailChangeMails, type EmailChangeLinks, emailChangeMailKinds } from './email-change-mails.js'
import { createProofCodeMails, proofCodeMailKinds } from './proof-code-mails.js'
import type { MailedCodes } from '../accounts/mailed-codes/codes.js'
import { newDeviceMessage, resetMessage } from './messages.js'
import type { MailQueue, NewMail } from './queue.js'
import { createSignUpMails, type SignUpLinks, signUpMailKinds, type SignUpMails } from './sign-up-mails.js'
import type { Send } from './transport.js'

/** Makes the links when a mail is sent: none that works is ever in the queue. */
interface Links extends AccountLinks, EmailChangeLinks, SignUpLinks, MailedCodes {
  /** `null` when the user is gone, or was notified of this device. */
  createNewDeviceLink(userId: string, deviceId: string): Promise<MailLink | null>
  recordNotified(deviceId: string): Promise<void>
}

/** Each resolves when the mail is safe in the queue, and never waits for a mail server. */
export interface Mailer extends AccountMails, SignUpMails, Notices {
  /** Does the same work whether or not somebody has this email address. Rejects with `MailQueueFullError`. */
  requestReset(email: string): Promise<void>
  /** Whether a mail about this device waits already. */
  isWaiting(deviceId: string): Promise<boolean>
  /** Rejects with `MailQueueFullError`. */
  notifyNewDevice(session: Session, deviceId: string): Promise<void>
  /** From now on, mails are sent. */
  start(links: Links): void
  /** Mails of all servers that wait. */
  status: MailQueue['status']
  close(): Promise<void>
}

export interface MailerOptions {
  readonly queue: MailQueue
  readonly send: Send
  readonly baseUrl: string
  readonly placeOf: PlaceOf
  readonly limits: Limits
  readonly log: Log
}

/**
 * From a new mail to a look at the queue. By then the answer has left. The work of a reset mail depends on whether the
 * email address has an account, and must not delay the answer.
 */
const WAKE_MS = 250

/** The person who asked waits in front of the mailbox; later, they have asked again or given up. */
const RESET_MAX_AGE_MS = HOUR_MS

const RESET = 'reset'
const NEW_DEVICE = 'new-device'

const resetPayload = z.object({ email: z.string() })

const newDevicePayload = z.object({
  userId: z.string(),
  deviceId: z.string(),
  device: z.object({ browser: z.string(), os: z.string() }),
  ipAddress: z.string().nullable(),
  at: z.coerce.date(),
})

export function createMailer(options: MailerOptions): Mailer {
  const { queue, baseUrl } = options
  let delivery: Delivery | undefined

  async function add(mail: NewMail): Promise<string> {
    const key = await queue.add(mail)
    if (key === null) throw new MailQueueFullError()
    setTimeout(() => delivery?.wake(), WAKE_MS).unref()
    return key
  }

  return {
    async requestReset(email) {
      await add({ key: `${RESET}:${email}`, kind: RESET, payload: JSON.stringify({ email }), cause: 'stranger' })
    },

    isWaiting: (deviceId) => queue.has(`${NEW_DEVICE}:${deviceId}`),

    async notifyNewDevice(session, deviceId) {
      const { userId, ipAddress, createdAt: at } = session
      const { browser, os } = shownNameOf(session)
      const payload = JSON.stringify({ userId, deviceId, device: { browser, os }, ipAddress, at })
      await add({ key: `${NEW_DEVICE}:${deviceId}`, kind: NEW_DEVICE, payload })
    },

    ...createAccountMails(add, (key) => queue.withdraw(key)),
    ...createEmailChangeMails(add),
    ...createSignUpMails(add),
    ...createProofCodeMails(add),

    start(links) {
      const kinds = new Map([
        [RESET, resetMail(links, baseUrl)],
        [NEW_DEVICE, newDeviceMail(links, options)],
        ...accountMailKinds(links, baseUrl),
        ...emailChangeMailKinds(links, baseUrl),
        ...signUpMailKinds(links, baseUrl),
        ...proofCodeMailKinds(links, baseUrl),
      ])
      delivery = new Delivery({ ...options, kinds })
    },

    status: () => queue.status(),

    async close() {
      await delivery?.close()
    },
  }
}

function resetMail(links: Links, baseUrl: string): MailKind {
  return {
    maxAgeMs: RESET_MAX_AGE_MS,
    async compose(payload) {
      const link = await links.createResetLink(resetPayload.parse(JSON.parse(payload)).email)
      return link && { to: link.to, message: resetMessage({ ...link, baseUrl }) }
    },
    charges: (to) => ownerCharges('request-reset', to),
  }
}

function newDeviceMail(links: Links, options: MailerOptions): MailKind {
  return {
    maxAgeMs: NOTICE_MAX_AGE_MS,
    async compose(payload) {
      const { userId, deviceId, ...facts } = newDevicePayload.parse(JSON.parse(payload))
      const link = await links.createNewDeviceLink(userId, deviceId)
      if (link === null) return null
      const place = options.placeOf(facts.ipAddress)
      const message = newDeviceMessage({ ...facts, place }, { ...link, baseUrl: options.baseUrl })
      return { to: link.to, message }
    },
    onSent: (payload) => links.recordNotified(newDevicePayload.parse(JSON.parse(payload)).deviceId),
  }
}
