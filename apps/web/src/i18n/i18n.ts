import { createTranslator } from 'use-intl/core'
import en from './messages/en.js'
import type accountEnglish from './messages/account/en.js'
import type adminEnglish from './messages/admin/en.js'
import type laterEnglish from './messages/later/en.js'
import { createTimeFormat } from './time-format.js'

/** A language must have a message of its own for each English one. */
type Translated<Model> = { readonly [Key in keyof Model]: Model[Key] extends string ? string : Translated<Model[Key]> }

export type Messages = Translated<typeof en>
export type AccountMessages = Translated<typeof accountEnglish>
export type LaterMessages = Translated<typeof laterEnglish>
export type AdminMessages = Translated<typeof adminEnglish>

type AllMessages = typeof en & typeof accountEnglish & typeof laterEnglish & typeof adminEnglish

// Each file in that folder is a language. English comes with the page; another one is loaded before it is shown.
const loaders = byLanguage(import.meta.glob<typeof en>(['./messages/*.ts', '!./messages/en.ts'], { import: 'default' }))
const accountLoaders = byLanguage(
  import.meta.glob<typeof accountEnglish>('./messages/account/*.ts', { import: 'default' }),
)
const laterLoaders = byLanguage(import.meta.glob<typeof laterEnglish>('./messages/later/*.ts', { import: 'default' }))
const adminLoaders = byLanguage(import.meta.glob<typeof adminEnglish>('./messages/admin/*.ts', { import: 'default' }))

// The type says more than is there at first: the functions below are awaited before a page that needs the others is shown.
const loaded = new Map<string, AllMessages>([['en', { ...en } as AllMessages]])
/** The messages beside those of a first visit that the pages shown so far need. */
const needed = new Set<FurtherLoaders>()

type FurtherLoaders = ReadonlyMap<string, () => Promise<object>>

function byLanguage<Loader>(files: Record<string, Loader>): Map<string, Loader> {
  return new Map(Object.entries(files).map(([path, load]) => [path.replace(/^.*\/|\.ts$/g, ''), load]))
}

/** Two letters each, as files are named: `en`. */
export const languageCodes = ['en', ...loaders.keys()].toSorted()

/** Rejects if the language cannot be loaded. */
export async function loadLanguage(language: string): Promise<void> {
  if (loaded.has(language)) return
  for (const further of needed)
    further
      .get(language)?.()
      .catch(() => undefined) // at the same time; awaited below
  const messages = await loaders.get(language)?.()
  if (messages === undefined) return
  const complete = { ...messages } as AllMessages // as above
  for (const further of needed) await addFrom(further, language, complete)
  loaded.set(language, complete)
}

/** Loads the messages of the frame of an account and of its devices, in each language that is loaded. Rejects if it cannot. */
export function loadAccountMessages(): Promise<void> {
  return loadFurther(accountLoaders)
}

/** The same for the messages of the pages that are no part of a first visit. */
export function loadLaterMessages(): Promise<void> {
  return loadFurther(laterLoaders)
}

/** The same for the messages of the page of administrators. */
export function loadAdminMessages(): Promise<void> {
  return loadFurther(adminLoaders)
}

async function loadFurther(loaders: FurtherLoaders): Promise<void> {
  needed.add(loaders)
  await Promise.all([...loaded].map(([language, messages]) => addFrom(loaders, language, messages)))
}

async function addFrom(loaders: FurtherLoaders, language: string, messages: AllMessages): Promise<void> {
  Object.assign(messages, await loaders.get(language)?.())
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
    ...createTimeFormat(locale, {
      justNow: t('time.justNow'),
      today: (time) => t('time.today', { time }),
      onDay: (day) => t('time.onDay', { day }),
    }),
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
