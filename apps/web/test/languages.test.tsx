import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createMemoryHistory } from '@tanstack/react-router'
import { fireEvent, render, screen } from '@testing-library/react'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Messages, messagesIn } from '../compile-messages.js'
import { createApp } from '../src/app.js'
import { preferredLanguage, languageCodes } from '../src/i18n/i18n.js'
import { serveFakeApi } from './fake-api.js'
import { household, open, press } from './household.js'
import { network } from './network.js'

const folder = join(import.meta.dirname, '../src/i18n/messages')
const messagesOf = (file: string) => messagesIn(readFileSync(join(folder, file), 'utf8'))

/** The path of each message, with what it must be given. */
function needs(messages: Messages, path = ''): [string, string[]][] {
  return Object.entries(messages).flatMap(([key, message]): [string, string[]][] =>
    typeof message === 'string'
      ? [
          [
            `${path}${key}`,
            [...new Set([...message.matchAll(/[{<](\w+)\s*[,}>]/g)].map(([, name]) => name ?? ''))].toSorted(),
          ],
        ]
      : needs(message, `${path}${key}.`),
  )
}

const translated = readdirSync(folder).filter((file) => file.endsWith('.ts') && file !== 'en.ts')

test.each(['', 'account/', 'later/', 'admin/'].flatMap((part) => translated.map((file) => `${part}${file}`)))(
  '%s says all that English says, of the same things',
  async (file) => {
    const english = await messagesOf(join(dirname(file), 'en.ts'))
    expect(needs(english).length).toBeGreaterThan(50)
    expect(new Map(needs(await messagesOf(file)))).toEqual(new Map(needs(english)))
  },
)

/** A file with all that it imports before it runs. Types are gone by then. */
function filesOf(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found
  found.add(file)
  for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/^(?!import type ).* from '(\.[^']+)\.js'$/gm)) {
    const source = ['.ts', '.tsx'].map((extension) => join(dirname(file), `${path}${extension}`)).find(existsSync)
    if (source !== undefined) filesOf(source, found)
  }
  return found
}

test.each([
  ['main.tsx', ['account/en.ts', 'later/en.ts', 'admin/en.ts']],
  ['account-pages.tsx', ['later/en.ts', 'admin/en.ts']],
])('the script of a first visit needs no message that comes later: %s', async (start, parts) => {
  const further = await Promise.all(parts.map(messagesOf))
  const later = further.flatMap((messages) => Object.keys(messages)).join('|')
  const files = [...filesOf(join(import.meta.dirname, '../src', start))]
  expect(files.length).toBeGreaterThan(50)
  const uses = new RegExp(`['\`](?:${later})\\.\\w`)
  expect(files.filter((file) => uses.test(readFileSync(file, 'utf8')))).toEqual([])
  const securityPage = readFileSync(join(import.meta.dirname, '../src/features/security/security-page.tsx'), 'utf8')
  expect(securityPage).toMatch(uses)
})

describe('what the page has said follows the language:', () => {
  const switchTo = (language: string) =>
    fireEvent.change(screen.getByRole('combobox', { name: 'Language' }), { target: { value: language } })

  test('the mistakes of a form', async () => {
    serveFakeApi().always = 'UNAUTHORIZED'
    render(createApp(createMemoryHistory({ initialEntries: ['/sign-in'] })))
    fireEvent.click(await screen.findByRole('button', { name: 'Sign in' }))
    await screen.findByRole('link', { name: 'Enter your email address.' })
    switchTo('de')
    await screen.findByRole('link', { name: 'Geben Sie Ihre E-Mail-Adresse ein.' })
    expect(document.body.textContent).not.toContain('Enter your')
  })

  test('a message about what was done, and why something was not', async () => {
    const api = serveFakeApi()
    household(api)
    await open()
    press('Sign out Firefox on macOS')
    press('Yes, sign out')
    await screen.findByText('Firefox on macOS was signed out.')
    api.always = 'SERVICE_UNAVAILABLE'
    press('Sign out Safari on macOS')
    press('Yes, sign out')
    await screen.findByText(/^Safari on macOS may still be signed in/)
    switchTo('de')
    await screen.findByRole('heading', { name: 'Geräte' })
    expect(document.body.textContent).toContain('wurde abgemeldet.')
    expect(document.body.textContent).toContain('ist möglicherweise noch angemeldet.')
    expect(document.body.textContent).not.toMatch(/was signed out|may still|not available/)
  })
})

test('the language of an account is saved for its mails, with the time zone of the browser', async () => {
  serveFakeApi()
  const { answer } = network
  const saved: unknown[] = []
  network.answer = async (request) => {
    if (request.url.includes('account.setLanguage')) saved.push(await request.clone().json())
    return answer(request)
  }
  await open()
  fireEvent.change(screen.getByRole('combobox', { name: 'Language' }), { target: { value: 'de' } })
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  await expect.poll(() => saved).toEqual([{ 0: { language: 'de', timeZone } }])
})

describe('the language', () => {
  afterEach(() => void vi.restoreAllMocks())

  test.each([
    [['de-AT', 'en'], 'de'],
    [['fr', 'de', 'en'], 'de'],
    [['en-GB', 'de'], 'en'],
    [['fr'], 'en'],
    [['constructor'], 'en'],
  ])('of a browser that wants %j is %s', (wanted, language) => {
    vi.spyOn(navigator, 'languages', 'get').mockReturnValue(wanted)
    expect(preferredLanguage()).toBe(language)
  })

  test('is switched at once, set on the document, and remembered', async () => {
    serveFakeApi().always = 'UNAUTHORIZED'
    const { unmount } = render(createApp(createMemoryHistory({ initialEntries: ['/sign-in'] })))
    await screen.findByRole('heading', { name: 'Sign in' })
    expect(document.documentElement.lang).toBe('en')
    expect(languageCodes).toEqual(expect.arrayContaining(['de', 'en']))
    const select = screen.getByRole('combobox', { name: 'Language' })
    select.focus()
    fireEvent.change(select, { target: { value: 'de' } })
    await screen.findByRole('heading', { name: 'Anmelden' })
    await expect.poll(() => document.title).toBe('Anmelden – Rollcall') // an effect writes it, after the heading
    expect(document.documentElement.lang).toBe('de')
    expect(document.activeElement).toBe(screen.getByRole('combobox', { name: 'Sprache' }))
    unmount()
    render(createApp(createMemoryHistory({ initialEntries: ['/sign-in'] })))
    await screen.findByRole('heading', { name: 'Anmelden' })
  })
})
