export {
  type IsRecent,
  type Reason,
  ReauthenticationRequiredError,
  reasonOf,
  requireRecentProof,
} from './reauthentication.js'
export {
  createDevicesRouter,
  type DevicesRouter,
  type DevicesRouterOptions,
  type RevocationName,
  revokeInput,
} from './router.js'
export { createSessionProcedure, type SessionProcedure, type SignedIn, unauthorized } from './session-procedure.js'
