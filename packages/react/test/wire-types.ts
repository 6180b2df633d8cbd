import type * as devices from '@rollcall/devices'
import type * as wire from '../src/wire.js'

type Same<A, B> = [A, B] extends [B, A] ? true : false

/** The types of the hooks are those of the server, or this does not compile. */
export const same: readonly [
  Same<wire.Device, devices.Device>,
  Same<wire.Place, devices.Place>,
  Same<wire.SessionEnd, devices.SessionEnd>,
  Same<wire.StreamMessage, devices.StreamMessage>,
] = [true, true, true, true]
