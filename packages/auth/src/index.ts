export type { Audit, AuditEvent, AuditEventName } from './audit/audit.js'
export { type Secrets, tokenFromCookie } from './cookies/cookie.js'
export { type CookieSessions, cookieSessions } from './sessions/cookie-sessions.js'
export { UNKNOWN_CLIENT_ADDRESS } from './sessions/ip-address.js'
export type { NewDevice } from './sign-in/new-device.js'
export { OldSessionsError } from './import/old-session.js'
export { rollcall, type RollcallOptions } from './plugin.js'
export { UnsupportedQueryError } from './sessions/find-sessions.js'

// For a server that sends mails from a queue, keeps devices tidy, limits sign-ins, takes passwords away and has ways in of its own.
export {
  deleteExpiredDevices,
  firstSignInFrom,
  isUnnotified,
  knownDeviceOf,
  recordNotified,
} from './sign-in/known-devices.js'
export { deleteInBatches, deleteOlder } from './request/delete-in-batches.js'
export { EVERY_ROW } from './request/every-row.js'
export { createDeviceToken, deviceIdIn, type Notify } from './sign-in/new-device.js'
export { rollcallPlugin } from './plugin.js'
export type { OnChange } from './policy/after-write.js'
export { attemptAt } from './audit/attempts.js'
export { auditEvent } from './audit/audit.js'
export { leaveAuditToCaller } from './sessions/revocations.js'
export { additionsSince } from './policy/account-changes.js'
export { chooseOtherSessions } from './policy/factor-policy.js'
export { proofMethodsOf } from './proof/proof-methods.js'
export { proveAgain } from './proof/reauthenticate.js'
export { emailHashOf, type OnWrongPassword, type WrongPassword } from './audit/refused-attempts.js'
export { rejectWithoutTime } from './request/unavailable.js'
export { createResetToken } from './links/reset.js'
export {
  emailChangeOf,
  retiredPasswordOf,
  secureAccountIdentifier,
  userIdInSecureAccountValue,
} from './links/verification-model.js'
