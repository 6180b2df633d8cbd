import { expect, test } from 'vitest'
import type { Device } from '../src/api/trpc.js'
import { groupByBrowser } from '../src/features/devices/group.js'

const time = '2026-01-05T09:00:00.000Z'

function session(id: string, deviceId: string | null): Device {
  return {
    id,
    deviceId,
    name: null,
    isCurrent: false,
    browser: 'Firefox',
    os: '',
    kind: 'desktop',
    ipAddress: null,
    place: null,
    signInMethod: null,
    createdAt: time,
    authenticatedAt: time,
    proofMethod: null,
    lastSeenAt: time,
    expiresAt: time,
  }
}

test('sessions of one browser are one group, in the order of the list; one without a browser stands alone', () => {
  const list = [
    session('a', 'laptop'),
    session('b', 'phone'),
    session('c', null),
    session('d', 'laptop'),
    session('e', null),
  ]
  expect(groupByBrowser(list).map((group) => group.map(({ id }) => id))).toEqual([['a', 'd'], ['b'], ['c'], ['e']])
  expect(groupByBrowser([])).toEqual([])
})
