import { createTranslator } from 'use-intl/core'
import en from './messages/en.js'
import { createTimeFormat } from './time-format.js'

type EnglishMessages = typeof en

/** The messages that a language must have: one for each English one. */
export type Messages<Model = EnglishMessages> = {
  readonly [Key in keyof Model]: Model[Key] extends string ? string : Messages<Model[Key]>
}

// Each file in that folder is a language. English comes with the page; another one is loaded before it is shown.
const files = import.meta.glob<EnglishMessages>(['./messages/*.ts', '!./messages/en.ts'], { import: 'default' })
const loaders = new Map(Object.entries(files).map(([path, load]) => [path.replace(/^.*\/|\.ts$/g, ''), load]))
const loaded = new Map<string, EnglishMessages>([['en', en]])

/** Two letters each, as files are named: `en`. */
export const languageCodes = ['en', ...loaders.keys()].toSorted()

/** Rejects if the language cannot be loaded. */
export async function loadLanguage(language: string): Promise<void> {
  if (loaded.has(language)) return
  const messages = await loaders.get(language)?.()
  if (messages) loaded.set(language, messages)
}

/** A language's name in itself. */
export function languageName(code: string): string {
  return new Intl.DisplayNames(code, { type: 'language' }).of(code) ?? code
}

export type I18n = ReturnType<typeof createI18n>

/** @param language one that is loaded */
export function createI18n(language: string) {
  const messages = loaded.get(language)
  if (!messages) throw new Error(`The language ${language} is not loaded`)
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
  return wanted.find((code) => languageCodes.includes(code)) ?? 'en'
}

/** The preferred language, or English where that could not be loaded. */
export function initialLanguage(): string {
  const language = preferredLanguage()
  return loaded.has(language) ? language : 'en'
}

export function storeLanguage(language: string): void {
  localStorage.setItem(STORAGE_KEY, language)
}

function primary(tag: string): string {
  return tag.split('-', 1).join('')
}
