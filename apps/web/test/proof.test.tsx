import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { serveFakeApi } from './fake-api.js'
import { card, household, open, press as pressNow } from './household.js'
import { network } from './network.js'
import { button, press, show, type } from './provider-trip.js'

// happy-dom has no passkeys.
vi.mock('../src/features/passkeys/are-usable.js', () => ({ arePasskeysUsable: () => true }))
vi.mock('../src/features/passkeys/ceremonies.js', () => ({
  choosePasskey: async () => ({}),
  verifyPasskey: async () => undefined,
  canSuggestPasskeys: async () => false,
  cancelCeremony: () => undefined,
}))

let api = serveFakeApi()
beforeEach(() => {
  api = serveFakeApi()
})

/** Asks to sign a device out, which needs a proof, and gives the field of that proof. */
async function askFor(device: string): Promise<HTMLInputElement> {
  pressNow(`Sign out ${device}`)
  fireEvent.click(within(card(device)).getByRole('button', { name: 'Yes, sign out' }))
  return within(card(device)).findByLabelText<HTMLInputElement>('Your password')
}

function submit(field: HTMLInputElement, password: string): void {
  fireEvent.change(field, { target: { value: password } })
  fireEvent.submit(field.form!)
}

test('of two open proofs, each keeps its label, its focus and its device', async () => {
  household(api)
  api.needsProof = true
  api.authRefusals.set('/api/auth/reauthenticate', 'INVALID_PASSWORD')
  await open()
  const first = await askFor('Firefox on macOS')
  const second = await askFor('Safari on macOS')
  expect(second).not.toBe(first)
  await waitFor(() => expect(document.activeElement).toBe(second))
  submit(second, 'wrong')
  const mistake = await within(card('Safari on macOS')).findByText('Wrong password.', { selector: 'p' })
  await waitFor(() => expect(document.activeElement).toBe(second))
  expect(second.getAttribute('aria-describedby')).toBe(mistake.id)
  api.authRefusals.clear()
  api.needsProof = false
  submit(second, 'right')
  await waitFor(() => expect(api.devices.map(({ id }) => id)).toEqual(['Chrome', 'Firefox', 'Opera']))
})

describe('a change that fails after its proof says so in its own form:', () => {
  test('an outage, for a new email address', async () => {
    serveMethods('passkey')
    api.needsProof = true
    show('/account')
    await type('New email address', 'new@example.com')
    await press('Change address')
    const proof = await button('Confirm with a passkey')
    api.needsProof = false
    api.always = 'SERVICE_UNAVAILABLE'
    proof.click()
    const field = await screen.findByLabelText<HTMLInputElement>('New email address')
    await waitFor(() => expect(field.form?.textContent).toContain('isn’t available right now'))
    expect(field.value).toBe('new@example.com')
    expect(field.form?.hidden).toBe(false)
    expect(screen.queryByRole('button', { name: 'Confirm with a passkey' })).toBeNull()
  })

  test('a first password that is too easy', async () => {
    serveMethods('email-code')
    serveAuth('/reauthenticate/code', () => api.authRefusals.set('/api/auth/set-password', 'PASSWORD_EASY_TO_GUESS'))
    api.hasPassword = false
    api.authRefusals.set('/api/auth/set-password', 'REAUTHENTICATE')
    show('/security')
    await type('New password', 'passwordpassword1')
    await press('Set password')
    await press('Email me a code')
    await type('Code from the email', '12345678')
    await press('Confirm')
    const field = await screen.findByLabelText<HTMLInputElement>('New password')
    await waitFor(() => expect(document.activeElement).toBe(field))
    expect(field.form?.hidden).toBe(false)
    expect(field.value).toBe('passwordpassword1')
    expect(field.form?.textContent).toContain('easy to guess')
    expect(screen.queryByLabelText('Code from the email')).toBeNull()
  })

  test('a refusal, for a change of the second factor', async () => {
    serveMethods('passkey')
    api.hasPassword = false
    api.authRefusals.set('/api/auth/two-factor/enable', 'REAUTHENTICATE')
    show('/security')
    await press('Turn on')
    await press('Continue')
    const proof = await button('Confirm with a passkey')
    api.authRefusals.set('/api/auth/two-factor/enable', 'TOO_MANY_WRONG_PASSWORDS')
    proof.click()
    const alert = await screen.findByRole('alert')
    expect(alert.textContent).toContain('Too many')
    expect(alert.closest('form')?.hidden).toBe(false)
    expect(screen.queryByRole('button', { name: 'Confirm with a passkey' })).toBeNull()
  })
})

describe('a proof that the API does not take is said to be in vain, and asked for again:', () => {
  const inVain = async () => expect((await screen.findByRole('alert')).textContent).toContain('didn’t count')

  test('to sign a device out', async () => {
    household(api)
    api.needsProof = true
    await open()
    submit(await askFor('Safari on macOS'), 'right')
    await inVain()
    const field = within(card('Safari on macOS')).getByLabelText<HTMLInputElement>('Your password')
    expect(field.value).toBe('')
    await waitFor(() => expect(document.activeElement).toBe(field))
    api.needsProof = false
    submit(field, 'right')
    await waitFor(() => expect(api.devices.map(({ id }) => id)).not.toContain('Safari'))
    await waitFor(() => expect(screen.queryByText(/didn’t count/)).toBeNull())
  })

  test.each([
    ['Turn on', 'Continue', '/two-factor/enable', { hasPassword: false }],
    ['Link Beta', null, '/provider/link', {}],
    ['Remove Work key', 'Yes, remove', '/passkey/remove', {}],
  ])('%s', async (ask, yes, path, state) => {
    Object.assign(api, state)
    serveMethods('email-code')
    api.authRefusals.set(`/api/auth${path}`, 'REAUTHENTICATE')
    show('/security')
    await press(ask)
    if (yes !== null) await press(yes)
    await press('Email me a code')
    expect(screen.queryByText(/didn’t count/)).toBeNull()
    await type('Code from the email', '12345678')
    await press('Confirm')
    await inVain()
    await button('Email me a code')
    expect(screen.queryByLabelText('Code from the email')).toBeNull()
  })

  test('for a new email address, which stays', async () => {
    serveMethods('passkey')
    api.needsProof = true
    show('/account')
    await type('New email address', 'new@example.com')
    await press('Change address')
    await press('Confirm with a passkey')
    await inVain()
    api.needsProof = false
    await press('Confirm with a passkey')
    await waitFor(() => expect(api.emailChange).toMatchObject({ email: 'new@example.com' }))
  })

  test('for a first password, which stays', async () => {
    serveMethods('passkey')
    api.hasPassword = false
    api.authRefusals.set('/api/auth/set-password', 'SESSION_NOT_FRESH')
    show('/security')
    await type('New password', 'a long new password')
    await press('Set password')
    await press('Confirm with a passkey')
    await inVain()
    api.authRefusals.clear()
    await press('Confirm with a passkey')
    await waitFor(() => expect(screen.queryByText(/didn’t count/)).toBeNull())
  })
})

/** The ways to prove that the account has. */
function serveMethods(...kinds: string[]): void {
  serveAuth('/reauthenticate/methods', () => ({ methods: kinds.map((kind) => ({ kind })) }))
}

function serveAuth(path: string, give: () => unknown): void {
  const { answer } = network
  network.answer = async (request) =>
    new URL(request.url).pathname === `/api/auth${path}` ? Response.json(give()) : answer(request)
}
