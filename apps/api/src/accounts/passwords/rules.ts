import type { ZxcvbnFactory } from '@zxcvbn-ts/core'
import { VISIBLE } from '../people/visible.js'

/** Why a password cannot be chosen; the code of the error. */
export type PasswordFault = 'PASSWORD_BLANK' | 'PASSWORD_PERSONAL' | 'PASSWORD_EASY_TO_GUESS'

/** How much of a password is estimated: the time grows with the square of the length. */
const MAX_ESTIMATED = 32
/** zxcvbn's scores go from 0 to 4. Up to this one, a million guesses find the password. */
const MAX_REFUSED_SCORE = 1
/** A shorter part of a name or address is in too many words. */
const MIN_OWN_WORD = 3
/** Characters that must be left when a person's own words are taken out. */
const MIN_REST = 8

/**
 * The problem with a new password, or `null`. NIST SP 800-63B-4 asks for a blocklist of common, expected and compromised
 * passwords. It asks for no rules of composition.
 *
 * @param own Texts that a guesser knows: addresses and names of the person, and the site's.
 */
export async function findPasswordFault(password: string, own: readonly string[]): Promise<PasswordFault | null> {
  if (!VISIBLE.test(password)) return 'PASSWORD_BLANK'
  const words = own
    .flatMap((text) => [text, ...inAscii(text)])
    .flatMap(wordsIn)
    .flatMap((word) => [word, backwards(word)])
  if (isPersonal(password, words)) return 'PASSWORD_PERSONAL'
  const plain = withoutMarks(password)
  const { score } = (await estimator()).check(plain.slice(0, MAX_ESTIMATED), words)
  return score <= MAX_REFUSED_SCORE || (await isSpacedWord(plain, words)) ? 'PASSWORD_EASY_TO_GUESS' : null
}

/** Whether it is a common password with blanks or signs between its letters, which guessers put there too. */
async function isSpacedWord(plain: string, words: readonly string[]): Promise<boolean> {
  const spelled = plain.replace(/[^\p{L}\p{N}]/gu, '').slice(0, MAX_ESTIMATED)
  if (spelled === plain) return false
  const { score, sequence } = (await estimator()).check(spelled, [...words])
  // Several words are a phrase, and letters that no list or pattern has are no word.
  return score <= MAX_REFUSED_SCORE && sequence.length === 1 && sequence[0]?.pattern !== 'bruteforce'
}

function isPersonal(password: string, words: readonly string[]): boolean {
  const longestFirst = words.filter((word) => word.length >= MIN_OWN_WORD).toSorted((a, b) => b.length - a.length)
  const all = lettersOf(password)
  const rest = longestFirst.reduce((text, word) => text.replaceAll(word, ''), all)
  return rest !== all && rest.length < MIN_REST
}

/** The text as one word, and each of its parts: of `ada@example.org`, `adaexampleorg`, `ada`, `example` and `org`. */
function wordsIn(text: string): string[] {
  return [text, ...text.split('@'), ...text.split(/[^\p{L}\p{N}]+/u)].map(lettersOf).filter((word) => word !== '')
}

function backwards(word: string): string {
  return Array.from(word).toReversed().join('')
}

/** In the compatible form, in which it is hashed, and without accents: guessers try `pässword` with `password`. */
function withoutMarks(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
}

/** The letters of German as people write them where a keyboard lacks them. */
const ASCII = new Map([
  ['ä', 'ae'],
  ['ö', 'oe'],
  ['ü', 'ue'],
  ['ß', 'ss'],
])

function inAscii(text: string): string[] {
  const lower = text.normalize('NFC').toLowerCase()
  const written = lower.replace(/[äöüß]/g, (letter) => ASCII.get(letter) ?? letter)
  return written === lower ? [] : [written]
}

function lettersOf(text: string): string {
  return withoutMarks(text)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
}

let loading: Promise<ZxcvbnFactory> | undefined

/** Loaded with its 49,000 passwords when the first password is chosen. */
function estimator(): Promise<ZxcvbnFactory> {
  return (loading ??= load())
}

async function load(): Promise<ZxcvbnFactory> {
  const [{ ZxcvbnFactory: Factory }, { dictionary, adjacencyGraphs }] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
  ])
  return new Factory({ dictionary, graphs: adjacencyGraphs })
}
