import { createTranslator } from 'use-intl/core'
import type en from './messages/en.js'
import { createTimeFormat } from './time-format.js'

type EnglishMessages = typeof en

/** The messages that a language must have: one for each English one. */
export type Messages<Model = EnglishMessages> = {
  readonly [Key in keyof Model]: Model[Key] extends string ? string : Messages<Model[Key]>
}

// Each file in that folder is a language. All of them come with the page, so that none can fail to load when it is
// chosen. Each weighs about 3 kB.
const files = import.meta.glob<EnglishMessages>('./messages/*.ts', { eager: true, import: 'default' })
const languages = new Map(Object.entries(files).map(([path, messages]) => [path.replace(/^.*\/|\.ts$/g, ''), messages]))

/** Two letters each, as files are named: `en`. */
export const languageCodes = [...languages.keys()]

/** A language's name in itself. */
export function languageName(code: string): string {
  return new Intl.DisplayNames(code, { type: 'language' }).of(code) ?? code
}

export type I18n = ReturnType<typeof createI18n>

export function createI18n(language: string) {
  const messages = languages.get(language)
  if (!messages) throw new Error(`There is no language ${language}`)
  // The reader's own flavour of the language: day before month, 24 hours.
  const locale = navigator.languages.find((tag) => primary(tag) === language) ?? language
  const t = createTranslator({ locale, messages })
  const countries = new Intl.DisplayNames(locale, { type: 'region' })
  return {
    language,
    t,
    ...createTimeFormat(locale, { justNow: t('time.justNow'), today: (time) => t('time.today', { time }) }),
    country: (code: string) => countries.of(code) ?? code,
  }
}

const STORAGE_KEY = 'rollcall.language'

/** The language that was chosen here, else the first of the browser's that the page has, else English. */
export function preferredLanguage(): string {
  const wanted = [localStorage.getItem(STORAGE_KEY) ?? '', ...navigator.languages.map(primary)]
  return wanted.find((code) => languages.has(code)) ?? 'en'
}

export function storeLanguage(language: string): void {
  localStorage.setItem(STORAGE_KEY, language)
}

function primary(tag: string): string {
  return tag.split('-', 1).join('')
}
