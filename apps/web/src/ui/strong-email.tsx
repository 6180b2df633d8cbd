import { EmailAddress } from './email-address.js'

/** For a text with `<strong>{email}</strong>` in it. */
export const strongEmail = (email: string) => () => (
  <strong className="font-semibold">
    <EmailAddress>{email}</EmailAddress>
  </strong>
)
