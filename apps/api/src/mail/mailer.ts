import type { Session } from '@rollcall/session-store'
import { nameOf, type PlaceOf } from '@rollcall/devices'
import { z } from 'zod'
import { MailQueueFullError } from '../errors.js'
import type { Log } from '../log.js'
import type { MailKind } from './attempt.js'
import { Delivery } from './delivery.js'
import { newDeviceMessage, resetMessage } from './messages.js'
import type { MailQueue, NewMail } from './queue.js'
import type { Send } from './transport.js'

/** A mailbox, and the page that the mail leads to. */
interface Link {
  readonly to: string
  readonly url: string
}

/** Makes the links when a mail is sent: none that works is ever in the queue. */
interface Links {
  /** `null` when nobody has this address. */
  createResetLink(email: string): Promise<Link | null>
  /** `null` when the user is gone, or was notified of this device. */
  createNewDeviceLink(userId: string, deviceId: string): Promise<Link | null>
  recordNotified(deviceId: string): Promise<void>
}

/** Each resolves when the mail is safe in the queue, and never waits for a mail server. */
export interface Mailer {
  /** Does the same work whether or not somebody has this address. Rejects with `MailQueueFullError`. */
  requestReset(email: string): Promise<void>
  /** Whether a mail about this device waits already. */
  isWaiting(deviceId: string): Promise<boolean>
  /** Rejects with `MailQueueFullError`. */
  notifyNewDevice(session: Session, deviceId: string): Promise<void>
  /** From now on, mails are sent. */
  start(links: Links): void
  close(): Promise<void>
}

export interface MailerOptions {
  readonly queue: MailQueue
  readonly send: Send
  readonly baseUrl: string
  readonly placeOf: PlaceOf
  readonly log: Log
  /** Sends a reset mail within its limits. Resolves with whether it was sent. */
  readonly sendReset: (email: string, send: () => Promise<void>) => Promise<boolean>
}

/**
 * From a new mail to a look at the queue. By then the answer has left: the work of a reset mail begins with whether the
 * address has an account, and must not delay it.
 */
const WAKE_MS = 250

const HOUR_MS = 60 * 60_000
/** The person who asked waits in front of the mailbox; later, they have asked again or given up. */
const RESET_MAX_AGE_MS = HOUR_MS
/** Longer than a weekend without anybody who looks after the mail server. */
const NEW_DEVICE_MAX_AGE_MS = 3 * 24 * HOUR_MS

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
  const { queue, send, log } = options
  let delivery: Delivery | undefined

  async function add(mail: NewMail): Promise<void> {
    if ((await queue.add(mail)) === 'full') throw new MailQueueFullError()
    setTimeout(() => delivery?.wake(), WAKE_MS).unref()
  }

  return {
    async requestReset(email) {
      await add({ key: `${RESET}:${email}`, kind: RESET, payload: JSON.stringify({ email }) })
    },

    isWaiting: (deviceId) => queue.has(`${NEW_DEVICE}:${deviceId}`),

    async notifyNewDevice(session, deviceId) {
      const { userId, ipAddress, createdAt: at } = session
      const { browser, os } = nameOf(session)
      const payload = JSON.stringify({ userId, deviceId, device: { browser, os }, ipAddress, at })
      await add({ key: `${NEW_DEVICE}:${deviceId}`, kind: NEW_DEVICE, payload })
    },

    start(links) {
      const kinds = new Map([
        [RESET, resetMail(links, options)],
        [NEW_DEVICE, newDeviceMail(links, options)],
      ])
      delivery = new Delivery({ queue, kinds, send, log })
    },

    async close() {
      await delivery?.close()
    },
  }
}

const siteOf = ({ baseUrl }: MailerOptions): string => new URL(baseUrl).host

function resetMail(links: Links, options: MailerOptions): MailKind {
  return {
    maxAgeMs: RESET_MAX_AGE_MS,
    async compose(payload) {
      const link = await links.createResetLink(resetPayload.parse(JSON.parse(payload)).email)
      return link && { to: link.to, message: resetMessage(link.url, siteOf(options)) }
    },
    async limited(to, sendNow) {
      const isSent = await options.sendReset(to, sendNow)
      if (!isSent) options.log.warn('No reset mail: its mailbox has had as many as the limit allows')
      return isSent
    },
  }
}

function newDeviceMail(links: Links, options: MailerOptions): MailKind {
  return {
    maxAgeMs: NEW_DEVICE_MAX_AGE_MS,
    async compose(payload) {
      const { userId, deviceId, ...facts } = newDevicePayload.parse(JSON.parse(payload))
      const link = await links.createNewDeviceLink(userId, deviceId)
      if (link === null) return null
      const place = options.placeOf(facts.ipAddress)
      return { to: link.to, message: newDeviceMessage({ ...facts, place }, link.url, siteOf(options)) }
    },
    sent: (payload) => links.recordNotified(newDevicePayload.parse(JSON.parse(payload)).deviceId),
  }
}
