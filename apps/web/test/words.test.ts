import { expect, test } from 'vitest'
import accountEnglish from '../src/i18n/messages/account/en.js'
import adminEnglish from '../src/i18n/messages/admin/en.js'
import english from '../src/i18n/messages/en.js'
import laterEnglish from '../src/i18n/messages/later/en.js'

/** How a message must not read, and why. */
const refused: readonly [why: string, words: RegExp][] = [
  ['one verb per action: sign in, sign out', /\blog(ged|ging)?[ -]?(in|out)\b/i],
  ['the word is email', /\be-mail|(?<![.\w])\bmails?\b/i],
  ['people say can’t, didn’t, isn’t', /\b(can|could|do|does|did|has|have|is|was|were|will|would)( ?not)\b/i],
  ['people say you’re, it’s', /\b(you are|it is)\b(?!\.)/i],
  ['an instruction needs no please', /\bplease\b/i],
  ['a straight apostrophe is one of programmers, and quotes in ICU MessageFormat', /'/],
  ['no longer', /\bany more\b/i],
]

function* messagesOf(words: object, path = ''): Generator<[path: string, message: string]> {
  for (const [key, value] of Object.entries(words)) {
    const name = path === '' ? key : `${path}.${key}`
    if (typeof value === 'string') yield [name, value]
    else yield* messagesOf(value, name)
  }
}

test.each(refused)('%s', (_why, words) => {
  const all = [...messagesOf({ ...english, ...accountEnglish, ...laterEnglish, ...adminEnglish })]
  expect(all.length).toBeGreaterThan(400)
  expect(all.filter(([, message]) => words.test(message))).toEqual([])
})
