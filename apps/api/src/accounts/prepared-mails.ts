import type { AskingSession } from './mailed-codes/codes.js'
import type { Reader } from './people/reader.js'
import type { Language } from './people/language.js'

/** Mails about changes of an account. Each promise resolves once the mail is safe in the queue, or rejects with `MailQueueFullError`. */
export interface AccountMails {
  /**
   * Prepares the mail about a deletion, before which its address must be read. It leaves when `release` is called, or some
   * seconds later, and is dropped if the account is still there by then.
   */
  prepareAccountDeleted(userId: string, reader: Reader): Promise<PreparedMails>
  /**
   * Prepares the mail about a password that an operator takes away. It is dropped if the user has one by then.
   *
   * @param cause That of a mass reset leaves room to people in the queue. Default: `owner`.
   */
  preparePasswordRequired(userId: string, cause?: 'owner' | 'mass reset'): Promise<PreparedMails>
  /**
   * Asks for a mail with a link to choose a password, to somebody who has said "This wasn’t me". It is dropped if the user has
   * a password by then.
   */
  requestPasswordChoice(userId: string): Promise<void>
  /** Prepares the links to both addresses of a change, which is begun after that. They are dropped if it was not. */
  prepareEmailChange(userId: string, changeId: string): Promise<PreparedMails>
  /** Prepares the notices to both addresses. They are dropped if the change failed. */
  prepareEmailChanged(userId: string, change: ChangedEmail): Promise<PreparedMails>
  /** Asks for a mail with a code, which `createProofCode` makes when it is sent. */
  requestProofCode(asking: AskingSession): Promise<void>
}

/** Mails that are safe in the queue. They leave when `release` is called, or some seconds later. */
interface PreparedMails {
  release(): Promise<void>
}

interface ChangedEmail {
  readonly changeId: string
  readonly from: string
  readonly to: string
  readonly language: Language
  readonly timeZone: string | undefined
}
