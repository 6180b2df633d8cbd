import { fireEvent, waitFor, within } from '@testing-library/react'
import { beforeEach, expect, test } from 'vitest'
import { serveFakeApi } from './fake-api.js'
import { card, household, open, press } from './household.js'

let api = serveFakeApi()
beforeEach(() => {
  api = serveFakeApi()
})

/** Asks to sign a device out, which needs a proof, and gives the field of that proof. */
async function askFor(device: string): Promise<HTMLInputElement> {
  press(`Sign out ${device}`)
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
