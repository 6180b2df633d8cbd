import { domainToASCII } from 'node:url'

/** Their owner's address with dots anywhere is the same mailbox; elsewhere it may be another person's. */
const DOTLESS = new Map([
  ['gmail.com', 'gmail.com'],
  ['googlemail.com', 'gmail.com'],
])

/** Where mails to an address arrive: `Ada+shop@example.org` is read by `ada@example.org`. */
export class Mailbox {
  readonly #name: string

  constructor(address: string) {
    const [, local = '', domain = ''] = /^(.*)@([^@]*)$/s.exec(address.trim().toLowerCase()) ?? []
    const host = (domainToASCII(domain) || domain).replace(/\.$/, '')
    const known = DOTLESS.get(host)
    const untagged = local.replace(/(?<=.)\+.*$/s, '')
    this.#name = known === undefined ? `${untagged}@${host}` : `${untagged.replaceAll('.', '')}@${known}`
  }

  /** What a limit counts as one mailbox. */
  get name(): string {
    return this.#name
  }
}
