export { type Library, startAppWith } from './app.js'
export { type Answer, anyToken, type Authenticator, type Browser, browser, copyCookies } from './browser.js'
export { hold } from './hold.js'
export { startOpenIdProvider } from './openid.js'
export { createPasskey } from './passkeys.js'
export { startProvider } from './provider.js'
export {
  answer,
  type AuditedEvent,
  deleteAccounts,
  openSqlite,
  password,
  portOf,
  secret,
  sessionRows,
  type SqlDatabase,
  startServerOn,
} from './server.js'
export { totpCode } from './totp.js'
