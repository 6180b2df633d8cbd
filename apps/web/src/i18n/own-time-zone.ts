/** The time zone of this browser, of IANA. Mails to the account give times in it. */
export function ownTimeZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone
}
