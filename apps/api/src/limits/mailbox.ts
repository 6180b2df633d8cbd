import { domainToASCII } from 'node:url'

/** These ignore dots in front of the @. Elsewhere an address with a dot may be another person's. */
const DOTLESS = new Map([
  ['gmail.com', 'gmail.com'],
  ['googlemail.com', 'gmail.com'],
])

/** The mailbox in which mails to an address arrive: `ada@example.org` reads `Ada+shop@example.org`. */
export class Mailbox {
  readonly #name: string

  constructor(address: string) {
    const [, local = '', domain = ''] = /^(.*)@([^@]*)$/s.exec(address.trim().toLowerCase()) ?? []
    const host = (domainToASCII(domain) || domain).replace(/\.$/, '')
    const known = DOTLESS.get(host)
    const untagged = local.replace(/(?<=.)\+.*$/s, '')
    this.#name = known === undefined ? `${untagged}@${host}` : `${untagged.replaceAll('.', '')}@${known}`
  }

  /** A limit counts this as one mailbox. */
  get name(): string {
    return this.#name
  }
}
