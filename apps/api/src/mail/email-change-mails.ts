import { z } from 'zod'
import type { AccountMails } from '../accounts/prepared-mails.js'
import type { MailLink, Reader } from '../accounts/people/reader.js'
import type { EmailChangeLink } from '../accounts/email-change/links.js'
import { type Side, sides } from '../accounts/email-change/pending.js'
import { mailLanguage } from '../accounts/people/language.js'
import { timeZoneInput } from '../accounts/people/time-zone.js'
import { HOUR_MS } from '../durations.js'
import { type MailKind, NOTICE_MAX_AGE_MS } from './attempt.js'
import { confirmEmailMessage, emailChangedMessage, emailTakenMessage } from './messages.js'
import { type Add, prepareMails } from './prepare.js'

/** The part of the accounts that these mails need when they are sent. */
export interface EmailChangeLinks {
  /** `null` when the change is no longer pending. */
  createEmailChangeLink(link: EmailChangeLink): Promise<(MailLink & { readonly isTaken: boolean }) | null>
  /** `null` when the user is gone. */
  findReader(userId: string): Promise<Reader | null>
}

const LINK = { old: 'email-change-old', new: 'email-change-new' } as const satisfies Record<Side, string>
const CHANGED = 'email-changed'

const linkPayload = z.object({ userId: z.string(), changeId: z.string() })
const changedPayload = z.object({
  userId: z.string(),
  reader: z.object({ to: z.string(), language: mailLanguage, timeZone: timeZoneInput }),
  now: z.string(),
  at: z.coerce.date(),
  isMade: z.boolean().default(false),
})

export function createEmailChangeMails(add: Add): Pick<AccountMails, 'prepareEmailChange' | 'prepareEmailChanged'> {
  return {
    prepareEmailChange(userId, changeId) {
      const payload = { userId, changeId }
      return prepareMails(
        add,
        sides.map((side) => ({ key: `${LINK[side]}:${changeId}`, kind: LINK[side], payload })),
      )
    },

    prepareEmailChanged(userId, { changeId, from, to: now, ...reader }) {
      const at = new Date()
      return prepareMails(
        add,
        [from, now].map((to) => ({
          key: `${CHANGED}:${changeId}:${to}`,
          kind: CHANGED,
          payload: { userId, reader: { ...reader, to }, now, at },
        })),
      )
    },
  }
}

export function emailChangeMailKinds(links: EmailChangeLinks, baseUrl: string): [string, MailKind][] {
  return [
    ...sides.map((side): [string, MailKind] => [LINK[side], linkMail(side, links, baseUrl)]),
    [CHANGED, changedMail(links, baseUrl)],
  ]
}

/** Without limits: `emailChange.request` has counted it. */
function linkMail(side: Side, links: EmailChangeLinks, baseUrl: string): MailKind {
  return {
    maxAgeMs: HOUR_MS, // as long as the change is pending
    async compose(payload) {
      const link = await links.createEmailChangeLink({ side, ...linkPayload.parse(JSON.parse(payload)) })
      if (link === null) return null
      const context = { ...link, baseUrl }
      return { to: link.to, message: link.isTaken ? emailTakenMessage(context) : confirmEmailMessage(side, context) }
    },
  }
}

/** Without a limit: each of them follows two links that were confirmed. */
function changedMail(links: EmailChangeLinks, baseUrl: string): MailKind {
  return {
    maxAgeMs: NOTICE_MAX_AGE_MS,
    async compose(payload) {
      const { userId, reader, now, at, isMade } = changedPayload.parse(JSON.parse(payload))
      if (!isMade && (await links.findReader(userId))?.to !== now) return null // the change failed
      const url = new URL('/sign-in', baseUrl).href
      return { to: reader.to, message: emailChangedMessage(at, { ...reader, baseUrl, url }) }
    },
  }
}
