import { act, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Toasts, useToast } from '../src/ui/toasts.js'

function Speaker() {
  const showToast = useToast()
  return (
    <>
      <button type="button" onClick={() => showToast('It is done.')}>
        Say it
      </button>
      <button type="button" onClick={() => showToast('It was not done.', true)}>
        Say the contrary
      </button>
    </>
  )
}

beforeEach(() => {
  vi.useFakeTimers()
  render(
    <Toasts label="Messages" dismissLabel="Dismiss">
      <Speaker />
    </Toasts>,
  )
})
afterEach(() => void vi.useRealTimers())

const say = () => fireEvent.click(screen.getByRole('button', { name: 'Say it' }))
const shown = () => screen.queryAllByText('It is done.').length
function pass(seconds: number): void {
  act(() => void vi.advanceTimersByTime(seconds * 1_000))
}

test('a message is put into a live region that was there before it, and goes by itself', () => {
  const region = screen.getByRole('log', { name: 'Messages' })
  say()
  expect(region.textContent).toBe('It is done.')
  pass(7.9)
  expect(shown()).toBe(1)
  pass(0.2)
  expect(shown()).toBe(0)
})

test('it stays while it is pointed at or has the focus', () => {
  say()
  const words = screen.getByText('It is done.')
  fireEvent.pointerEnter(words.parentElement ?? words)
  act(() => screen.getByRole('button', { name: 'Dismiss' }).focus())
  fireEvent.pointerLeave(words.parentElement ?? words)
  pass(60)
  expect(shown()).toBe(1)
  act(() => screen.getByRole('button', { name: 'Dismiss' }).blur())
  pass(9)
  expect(shown()).toBe(0)
})

test('each message goes on its own, at a press too', () => {
  say()
  say()
  expect(shown()).toBe(2)
  fireEvent.click(screen.getAllByRole('button', { name: 'Dismiss' })[0] ?? document.body)
  expect(shown()).toBe(1)
})

test('no check mark stands beside bad news', () => {
  const marks = (kind: string) => document.querySelectorAll(`.lucide-circle-${kind}`).length
  fireEvent.click(screen.getByRole('button', { name: 'Say the contrary' }))
  expect([marks('check'), marks('alert')]).toEqual([0, 1])
  say()
  expect([marks('check'), marks('alert')]).toEqual([1, 1])
})
