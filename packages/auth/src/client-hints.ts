/**
 * Request headers that tell what a frozen user agent hides; kept with the session of a sign-in. A browser
 * sends the platform version only to a server that has asked for it with Accept-CH.
 */
const clientHintHeaders = ['sec-ch-ua', 'sec-ch-ua-mobile', 'sec-ch-ua-platform', 'sec-ch-ua-platform-version'] as const

export type ClientHint = (typeof clientHintHeaders)[number]

const MAX_LENGTH = 256

/** `{ clientHints }` with the headers that were sent, or nothing at all. */
export function clientHintsOf(headers: Headers): { clientHints?: Partial<Record<ClientHint, string>> } {
  const sent = clientHintHeaders.flatMap((name) => {
    const value = headers.get(name)
    return value ? [[name, value.slice(0, MAX_LENGTH)] as const] : []
  })
  return sent.length === 0 ? {} : { clientHints: Object.fromEntries(sent) }
}
