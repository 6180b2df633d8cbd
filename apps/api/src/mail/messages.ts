import type { DeviceName, Place } from '@rollcall/devices'
import type { Language } from '../accounts/people/language.js'
import { layOut, type Link, type Message } from './layout.js'
import de from './words/de.js'
import en from './words/en.js'

export type { Message } from './layout.js'

export interface Context {
  readonly language: Language
  /** A name of the IANA database. Default: UTC. */
  readonly timeZone?: string | undefined
  /** How the reader is greeted. Default: without a name. */
  readonly name?: string | undefined
  /** The origin of the page. */
  readonly baseUrl: string
  /** The page that the mail leads to. */
  readonly url: string
}

export interface NewDeviceFacts {
  readonly device: Pick<DeviceName, 'browser' | 'os'>
  readonly ipAddress: string | null
  readonly place: Place | null
  readonly at: Date
}

const words = { en, de } satisfies Record<Language, typeof en>
const locales: Record<Language, string> = { en: 'en-GB', de: 'de' }

export function resetMessage(context: Context): Message {
  const { reset } = words[context.language]
  return mail(context, { ...reset, before: reset.before(siteOf(context)) })
}

/** Like `resetMessage`, for a password that an operator has taken away. */
export function passwordRequiredMessage(context: Context): Message {
  const { passwordRequired } = words[context.language]
  return mail(context, { ...passwordRequired, before: passwordRequired.before(siteOf(context)) })
}

/** Like `resetMessage`, for somebody who has said "This wasn’t me". */
export function passwordChoiceMessage(context: Context): Message {
  const { passwordChoice } = words[context.language]
  return mail(context, { ...passwordChoice, before: passwordChoice.before(siteOf(context)) })
}

export function newDeviceMessage({ device, ipAddress, place, at }: NewDeviceFacts, context: Context): Message {
  const w = words[context.language]
  const browser = device.browser === 'Unknown browser' ? w.unknownBrowser : device.browser
  const from = w.from(w.device(browser, device.os), placeWords(place, context.language), ipAddress)
  return mail(context, { ...w.newDevice, before: w.newDevice.before(siteOf(context), from, timeOf(at, context)) })
}

/** @param change `set`: the account had no password before. */
export function passwordChangedMessage(change: 'set' | 'changed', at: Date, context: Context): Message {
  const { passwordChanged, passwordSet } = words[context.language]
  const said = change === 'set' ? passwordSet : passwordChanged
  return mail(context, { ...said, before: said.before(siteOf(context), timeOf(at, context)) })
}

export function passwordRemovedMessage(at: Date, context: Context): Message {
  const { passwordRemoved } = words[context.language]
  return mail(context, { ...passwordRemoved, before: passwordRemoved.before(siteOf(context), timeOf(at, context)) })
}

export function accountDeletedMessage(at: Date, context: Context): Message {
  const { accountDeleted } = words[context.language]
  const before = accountDeleted.before(siteOf(context), timeOf(at, context))
  return mail(context, { ...accountDeleted, before }, { hasAccount: false })
}

export function passkeyChangedMessage(change: 'added' | 'removed', at: Date, context: Context): Message {
  return changedMessage(words[context.language].passkeyChanged, change, at, context)
}

export function providerChangedMessage(change: 'added' | 'removed', at: Date, context: Context): Message {
  return changedMessage(words[context.language].providerChanged, change, at, context)
}

function changedMessage(
  changed: (typeof en)['passkeyChanged' | 'providerChanged'],
  change: 'added' | 'removed',
  at: Date,
  context: Context,
): Message {
  const { subject, before, ...rest } = { ...changed, ...changed[change] }
  return mail(context, { ...rest, subject, before: before(siteOf(context), timeOf(at, context)) })
}

/** It leaves out the new address, because anybody can choose that text. The page of the link names it. */
export function confirmEmailMessage(side: 'old' | 'new', context: Context): Message {
  const { confirmEmail } = words[context.language]
  return mail(
    context,
    { ...confirmEmail[side], before: confirmEmail[side].before(siteOf(context)) },
    // Anybody can name an address as their new one: its reader may have no account.
    { hasAccount: side === 'old' },
  )
}

/** @param code of digits, shown in two halves */
export function proofCodeMessage(code: string, context: Context): Message {
  const { proofCode } = words[context.language]
  const halves = `${code.slice(0, code.length / 2)} ${code.slice(code.length / 2)}`
  return mail(context, { ...proofCode, before: proofCode.before(siteOf(context), halves) })
}

/** Anybody can name an address: its reader may know nothing of this site. */
export function finishSignUpMessage(context: Context): Message {
  const { finishSignUp } = words[context.language]
  return mail(context, { ...finishSignUp, before: finishSignUp.before(siteOf(context)) }, { hasAccount: false })
}

/** For the owner of an account whose address somebody wants to sign up with. */
export function accountExistsMessage(context: Context): Message {
  const { accountExists, reset } = words[context.language]
  const more = { url: new URL('/forgot-password', context.baseUrl).href, label: reset.label }
  return mail(context, { ...accountExists, before: accountExists.before(siteOf(context)) }, { hasAccount: true, more })
}

export function emailTakenMessage(context: Context): Message {
  const { emailTaken } = words[context.language]
  return mail(context, { ...emailTaken, before: emailTaken.before(siteOf(context)) })
}

export function emailChangedMessage(at: Date, context: Context): Message {
  const { emailChanged } = words[context.language]
  return mail(context, { ...emailChanged, before: emailChanged.before(siteOf(context), timeOf(at, context)) })
}

export function secondFactorChangedMessage(change: 'on' | 'off' | 'renewed', at: Date, context: Context): Message {
  const { secondFactorChanged } = words[context.language]
  const { subject, before, ...rest } = { ...secondFactorChanged, ...secondFactorChanged[change] }
  return mail(context, { ...rest, subject, before: before(siteOf(context), timeOf(at, context)) })
}

interface MailText {
  readonly subject: string
  readonly before: readonly string[]
  readonly label: string
  readonly after: readonly string[]
}

function mail(
  { language, name, baseUrl, url }: Context,
  { subject, before, label, after }: MailText,
  { hasAccount, more }: { readonly hasAccount: boolean; readonly more?: Link } = { hasAccount: true },
): Message {
  const { hello, devicesLabel, siteLabel, footer, strangerFooter } = words[language]
  const site = new URL(baseUrl).host
  return layOut({
    language,
    subject,
    before: [hello(name), ...before],
    action: { url, label },
    after,
    more: more ?? { url: new URL('/', baseUrl).href, label: hasAccount ? devicesLabel : siteLabel(site) },
    footer: hasAccount ? footer(site) : strangerFooter(site),
  })
}

function siteOf({ baseUrl }: Context): string {
  return new URL(baseUrl).host
}

/** With the name of the zone: the reader may be elsewhere by now. */
function timeOf(at: Date, { language, timeZone = 'UTC' }: Context): string {
  const locale = locales[language]
  const time = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short', timeZone }).format(at)
  return `${time} (${timeZone === 'UTC' ? timeZone : zoneName(at, locale, timeZone)})`
}

/** At that time: summer has another one. */
function zoneName(at: Date, locale: string, timeZone: string): string {
  const parts = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: 'long' }).formatToParts(at)
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? timeZone
}

function placeWords(place: Place | null, language: Language): string | null {
  const w = words[language]
  if (place === null) return null
  if (place.kind === 'local') return w.localNetwork
  return w.near(new Intl.DisplayNames(locales[language], { type: 'region' }).of(place.code) ?? place.code)
}
