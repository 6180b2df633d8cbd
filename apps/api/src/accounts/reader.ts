import type { Language } from './language.js'

/** For one mail: where it goes, and the language of its reader. */
export interface Reader {
  readonly to: string
  readonly language: Language
}

/** For one mail, with the page that it leads to. */
export interface MailLink extends Reader {
  readonly url: string
}
