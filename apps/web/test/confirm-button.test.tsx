import { act, fireEvent, render, screen } from '@testing-library/react'
import { beforeEach, expect, test, vi } from 'vitest'
import { ConfirmButton } from '../src/ui/confirm-button.js'

const onConfirm = vi.fn(() => Promise.resolve({ kind: 'done' } as const))

beforeEach(() => {
  onConfirm.mockClear()
  render(
    <>
      <ConfirmButton
        label="End"
        question="End it?"
        consequence="This cannot be undone."
        confirmLabel="Yes, end"
        busyLabel="Signing out…"
        cancelLabel="Cancel"
        onConfirm={onConfirm}
        renderProof={() => null}
      />
      <button type="button">Elsewhere</button>
    </>,
  )
  fireEvent.click(button('End'))
})

const button = (name: string) => screen.getByRole('button', { name })

test('the first press asks, with the consequence and the focus on the answer', () => {
  expect(onConfirm).not.toHaveBeenCalled()
  expect(screen.getByRole('group', { name: 'End it?', description: 'This cannot be undone.' })).toBeTruthy()
  expect(document.activeElement).toBe(button('Yes, end'))
})

test('Escape takes the question back, and the focus with it', () => {
  fireEvent.keyDown(button('Yes, end'), { key: 'Escape' })
  expect(screen.queryByRole('group')).toBeNull()
  expect(document.activeElement).toBe(button('End'))
})

test('going elsewhere takes the question back and stays there', () => {
  act(() => button('Elsewhere').focus())
  expect(screen.queryByRole('group')).toBeNull()
  expect(document.activeElement).toBe(button('Elsewhere'))
})

test('going from one answer to the other does not', () => {
  act(() => button('Cancel').focus())
  expect(screen.getByRole('group')).toBeTruthy()
})

test('a key held down since the first press does not answer', () => {
  expect(fireEvent.keyDown(button('Yes, end'), { key: 'Enter', repeat: true })).toBe(false)
})

test('two quick presses are one', async () => {
  const yes = button('Yes, end')
  act(() => {
    yes.click()
    yes.click()
  })
  await screen.findByRole('button', { name: 'End' })
  expect(onConfirm).toHaveBeenCalledTimes(1)
})
