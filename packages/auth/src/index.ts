export type { Audit, AuditEvent, AuditEventName } from './audit.js'
export type { Secrets } from './cookie.js'
export { type CookieSessions, cookieSessions } from './cookie-sessions.js'
export { UNKNOWN_CLIENT_ADDRESS } from './ip-address.js'
export type { NewDevice } from './new-device.js'
export { rollcall, type RollcallOptions } from './plugin.js'

// For a server that sends mails from a queue, keeps devices tidy and takes passwords away.
export { deleteForgottenDevices, isUnnotified, recordNotified } from './devices.js'
export { createDeviceToken, type Notify } from './new-device.js'
export { rollcallPlugin } from './plugin.js'
export { emailHashOf, type OnWrongPassword, type WrongPassword } from './refused.js'
export { createResetToken } from './reset.js'
export { retiredPasswordOf, secureAccountIdentifier, userSecuredBy } from './verification-model.js'
