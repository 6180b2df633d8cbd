import type { Reader } from './auth.js'

/** Mails about changes of an account. Each promise resolves once the mail is safe in the queue. */
export interface AccountMails {
  /**
   * Prepares the mail about a deletion, before which its address must be read. It leaves when `release` is called, or some
   * seconds later, and is dropped if the account is still there by then. Rejects with `MailQueueFullError`.
   */
  prepareAccountDeleted(userId: string, reader: Reader): Promise<{ release(): Promise<void> }>
}
