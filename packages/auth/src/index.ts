export type { Audit, AuditEvent, AuditEventName } from './audit.js'
export { type Secrets, tokenFromCookie } from './cookie.js'
export { type CookieSessions, cookieSessions } from './cookie-sessions.js'
export { UNKNOWN_CLIENT_ADDRESS } from './ip-address.js'
export type { NewDevice } from './new-device.js'
export { OldSessionsError } from './import/old-session.js'
export { rollcall, type RollcallOptions } from './plugin.js'
export { UnsupportedQueryError } from './find-sessions.js'

// For a server that sends mails from a queue, keeps devices tidy, limits sign-ins, takes passwords away and has ways in of its own.
export { deleteExpiredDevices, isUnnotified, knownDeviceOf, recordNotified } from './known-devices.js'
export { EVERY_ROW } from './every-row.js'
export { createDeviceToken, deviceIdIn, type Notify } from './new-device.js'
export { rollcallPlugin } from './plugin.js'
export { attemptAt } from './attempts.js'
export { auditEvent } from './audit.js'
export { auditedByCaller } from './revocations.js'
export { chooseOtherSessions } from './factor-policy.js'
export { proofMethodsOf } from './proof-methods.js'
export { proveAgain } from './reauthenticate.js'
export { emailHashOf, type OnWrongPassword, type WrongPassword } from './refused-attempts.js'
export { createResetToken } from './reset.js'
export {
  emailChangeOf,
  retiredPasswordOf,
  secureAccountIdentifier,
  userIdInSecureAccountValue,
} from './verification-model.js'
