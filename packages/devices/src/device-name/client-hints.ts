/**
 * Request headers that reveal what a frozen user agent hides; stored with the session of a sign-in. A browser
 * sends the platform version and the model only to a server that has asked for them with Accept-CH.
 *
 * No browser sends `x-touch-screen`: a page sets it to `?1` on its sign-in requests if `navigator.maxTouchPoints > 1`. It
 * distinguishes an iPad from a Mac, whose user agents are alike.
 */
const clientHintHeaders = [
  'sec-ch-ua',
  'sec-ch-ua-mobile',
  'sec-ch-ua-platform',
  'sec-ch-ua-platform-version',
  'sec-ch-ua-model',
  'x-touch-screen',
] as const

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
