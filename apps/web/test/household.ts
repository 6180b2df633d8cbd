import { createMemoryHistory } from '@tanstack/react-router'
import { fireEvent, render, screen } from '@testing-library/react'
import { createApp } from '../src/app.js'
import type { serveFakeApi } from './fake-api.js'

/** Four devices; Chrome is this one. */
export function household(api: ReturnType<typeof serveFakeApi>): void {
  api.devices = ['Chrome', 'Firefox', 'Safari', 'Opera'].map((browser, n) => ({
    id: browser,
    browser,
    os: 'macOS',
    kind: 'desktop',
    isCurrent: n === 0,
  }))
  api.session.id = 'Chrome'
}

/** Opens the devices page, and waits until its list is live. */
export async function open(): Promise<void> {
  render(createApp(createMemoryHistory({ initialEntries: ['/'] })))
  await screen.findByText(': this list updates by itself')
}

export const press = (name: string | RegExp) => fireEvent.click(screen.getByRole('button', { name }))
export const card = (name: string) => screen.getByRole('listitem', { name })
