import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { fireEvent, render, screen, waitFor } from '@testing-library/react'
import { beforeEach, expect, test } from 'vitest'
import { ApiContext, createApiClient, type SessionFilter } from '../src/api/trpc.js'
import { FilterForm } from '../src/features/admin/filter-form.js'
import { filterIn } from '../src/features/admin/session-filter.js'
import { loadAdminMessages } from '../src/i18n/i18n.js'
import { I18nProvider } from '../src/i18n/i18n-provider.js'
import { network } from './network.js'

const found: SessionFilter[] = []
const providers = { linked: [], available: [{ id: 'google', name: 'Google' }] }

beforeEach(async () => {
  found.length = 0
  network.answer = async () => Response.json({ result: { data: providers } })
  await loadAdminMessages()
  render(
    <QueryClientProvider client={new QueryClient()}>
      <ApiContext value={createApiClient()}>
        <I18nProvider>
          <FilterForm fields={{}} onFind={async (fields) => void found.push(filterIn(fields))} />
        </I18nProvider>
      </ApiContext>
    </QueryClientProvider>,
  )
  await screen.findByRole('option', { name: 'Google account' })
})

const fill = (fields: Record<string, string>): void => {
  for (const [label, value] of Object.entries(fields))
    fireEvent.change(screen.getByLabelText(label), { target: { value } })
}

const find = () => fireEvent.click(screen.getByRole('button', { name: 'Find sessions' }))

test('each field of the form is a condition, and an empty one is none', async () => {
  const at = '2026-11-28T10:00'
  fill({
    'Kind of device': 'tablet',
    'Signed in with': 'provider:google',
    'Signed in since': '2026-11-01T00:00',
    'Signed in before': at,
    'Last seen since': '2026-11-02T00:00',
    'Last seen before': at,
  })
  find()
  await waitFor(() => expect(found).toHaveLength(1))
  expect(found[0]).toEqual({
    kind: 'tablet',
    method: 'provider:google',
    signedInAfter: new Date('2026-11-01T00:00').toISOString(),
    signedInBefore: new Date(at).toISOString(),
    lastSeenAfter: new Date('2026-11-02T00:00').toISOString(),
    lastSeenBefore: new Date(at).toISOString(),
  })
  fill({ 'Signed in since': '', 'Signed in before': '', 'Last seen since': '', 'Last seen before': '' })
  fill({ 'Kind of device': 'unknown', 'Signed in with': '', 'Email address or ID of a person': ' ada@example.org ' })
  find()
  await waitFor(() => expect(found).toHaveLength(2))
  expect(found[1]).toEqual({ users: ['ada@example.org'], kind: 'unknown' })
})

test.each([
  ['Signed in since', 'Signed in before'],
  ['Last seen since', 'Last seen before'],
  ['Signed in since', 'Last seen before'],
])(
  '"%s" that is not earlier than "%s" is a mistake at the second field, and nothing is asked',
  async (after, before) => {
    fill({ [after]: '2026-11-28T10:00', [before]: '2026-11-28T10:00' })
    find()
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText(before)))
    expect(screen.getByLabelText(before).getAttribute('aria-invalid')).toBe('true')
    expect(screen.getByText(`“${before}” must be later than “${after}”.`, { selector: 'p' })).toBeTruthy()
    expect(found).toEqual([])
  },
)

test('a date without a time is a mistake, and no condition that is left out', async () => {
  const input = screen.getByLabelText<HTMLInputElement>('Last seen before')
  // As a browser says of a field that was typed in part; happy-dom has no such fields.
  Object.defineProperty(input, 'validity', { value: { badInput: true } })
  fill({ 'Kind of device': 'phone' })
  find()
  await waitFor(() => expect(document.activeElement).toBe(input))
  expect(screen.getByText('“Last seen before” needs a date and a time.', { selector: 'p' })).toBeTruthy()
  expect(found).toEqual([])
})
