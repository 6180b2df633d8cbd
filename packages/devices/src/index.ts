export { createAdmission, TooManyStreamsError } from './admission.js'
export { type ClientHint, clientHintsOf } from './device-name/client-hints.js'
export { asSeenBy, type Device, type Place, type PlaceOf, toDevice } from './device-list.js'
export { browserNames, type DeviceKind, type DeviceName } from './device-name/describe.js'
export { deviceOf, type SessionDevice } from './session-device.js'
export {
  encodeSignInMethod,
  isSignInMethod,
  proofMethodOf,
  type SignInMethod,
  signInMethodOf,
} from './sign-in-method.js'
export { nameOf } from './device-name/name-of.js'
export { type AppName, createNameOf, type NameOf } from './device-name/app-names.js'
export { shownNameOf, shownSystemNames } from './device-name/shown-name.js'
export type { StreamMessage } from './device-stream.js'
export type { SessionEnd } from './session-end.js'
export { createStreams, type Streams, type StreamsOptions } from './streams.js'
