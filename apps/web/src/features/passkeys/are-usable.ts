/** Browsers know passkeys where the connection is safe, and for names: no passkey belongs to an IP address. */
export function arePasskeysUsable(): boolean {
  return 'PublicKeyCredential' in window && !/^[\d.]+$|:/.test(window.location.hostname)
}
