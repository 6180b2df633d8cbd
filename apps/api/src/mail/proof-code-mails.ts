import { z } from 'zod'
import { CODE_LIFE_MS, type MailedCodes } from '../accounts/mailed-codes/codes.js'
import type { AccountMails } from '../accounts/prepared-mails.js'
import type { MailKind } from './attempt.js'
import { proofCodeMessage } from './messages.js'
import type { Add } from './prepare.js'

const PROOF_CODE = 'proof-code'

/** The session that asks, by which its person proves who they are. */
const requestPayload = z.object({ userId: z.string(), sessionId: z.string() })

export function createProofCodeMails(add: Add): Pick<AccountMails, 'requestProofCode'> {
  return {
    async requestProofCode({ userId, sessionId }) {
      const payload = JSON.stringify({ userId, sessionId })
      await add({ key: `${PROOF_CODE}:${userId}:${sessionId}`, kind: PROOF_CODE, payload })
    },
  }
}

export function proofCodeMailKinds(codes: MailedCodes, baseUrl: string): [string, MailKind][] {
  const kind: MailKind = {
    maxAgeMs: CODE_LIFE_MS, // the person waits in front of the mailbox
    async compose(payload) {
      const made = await codes.createProofCode(requestPayload.parse(JSON.parse(payload)))
      if (made === null) return null
      const url = new URL('/activity', baseUrl).href
      return { to: made.to, message: proofCodeMessage(made.code, { ...made, baseUrl, url }) }
    },
  }
  return [[PROOF_CODE, kind]]
}
