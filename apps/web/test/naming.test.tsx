import { screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { serveFakeApi } from './fake-api.js'
import { firefox, press, show } from './provider-trip.js'

// Only in Chromium does a text get the focus when it is selected.
test.each([
  ['/', 'Rename Firefox on Windows 11', 'Device name'],
  ['/security', 'Rename Work key', 'Passkey name'],
])('on %s, the form for a name takes the focus', async (path, name, label) => {
  const api = serveFakeApi()
  api.devices = api.devices.map((device) => (device.id === firefox.id ? { ...firefox, deviceId: 'd' } : device))
  show(path)
  await press(name)
  expect(document.activeElement).toBe(screen.getByLabelText(label))
})
