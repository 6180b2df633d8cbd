import { createTranslator } from 'use-intl/core'
import type en from './languages/en.js'
import { createTimes } from './time.js'

type Messages = typeof en

/** The texts a language must have: one for each English one. */
export type Language<Model = Messages> = {
  readonly [Key in keyof Model]: Model[Key] extends string ? string : Language<Model[Key]>
}

// A file more in that folder is a language more. All of them come with the page: none can fail to load when it is
// switched to, and each weighs about 3 kB.
const files = import.meta.glob<Messages>('./languages/*.ts', { eager: true, import: 'default' })
const languages = new Map(Object.entries(files).map(([path, messages]) => [path.replace(/^.*\/|\.ts$/g, ''), messages]))

/** Two letters each, as files are named: `en`. */
export const languageCodes = [...languages.keys()]

/** A language's name in itself. */
export function nameOfLanguage(code: string): string {
  return new Intl.DisplayNames(code, { type: 'language' }).of(code) ?? code
}

export type Words = ReturnType<typeof createWords>

export function createWords(language: string) {
  const messages = languages.get(language)
  if (!messages) throw new Error(`There is no language ${language}`)
  // The reader's own flavour of the language: day before month, 24 hours.
  const locale = navigator.languages.find((tag) => primary(tag) === language) ?? language
  const t = createTranslator({ locale, messages })
  const countries = new Intl.DisplayNames(locale, { type: 'region' })
  return {
    language,
    t,
    ...createTimes(locale, { justNow: t('time.justNow'), today: (time) => t('time.today', { time }) }),
    country: (code: string) => countries.of(code) ?? code,
  }
}

const REMEMBERED = 'rollcall.language'

/** What was switched to, else the first of the browser's languages that is there, else English. */
export function chosenLanguage(): string {
  const wanted = [localStorage.getItem(REMEMBERED) ?? '', ...navigator.languages.map(primary)]
  return wanted.find((code) => languages.has(code)) ?? 'en'
}

export function rememberLanguage(language: string): void {
  localStorage.setItem(REMEMBERED, language)
}

function primary(tag: string): string {
  return tag.split('-', 1).join('')
}
