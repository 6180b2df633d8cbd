import { expect, test } from 'vitest'
import { deviceOf } from '../src/index.js'

test.each([
  [{ id: 'a' }, { id: 'a', name: null, isNew: false }],
  [
    { id: 'a', name: "Mum's iPad", isNew: true },
    { id: 'a', name: "Mum's iPad", isNew: true },
  ],
  [
    { id: 'a', name: null, more: 1 },
    { id: 'a', name: null, isNew: false },
  ],
  [undefined, null],
  [null, null],
  ['a', null],
  [['a'], null],
  [{ name: 'a' }, null],
  [{ id: 1 }, null],
  [{ id: 'a', name: 1 }, null],
  [{ id: 'a', isNew: 'yes' }, null],
])('of %j, the device of a session is %j', (device, expected) => {
  expect(deviceOf({ data: { device } })).toEqual(expected)
})
