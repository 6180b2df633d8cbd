import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** An address in its shortest form; `null` for what cannot be read as one. */
export type Hop = string | null

/**
 * The addresses that proxies have seen, nearest proxy first; `null` when no header names any.
 *
 * X-Forwarded-For counts before Forwarded: most proxies write the former and pass the latter on as the client sent it.
 */
export function forwardedHops({ headers }: Pick<IncomingMessage, 'headers'>): Iterable<Hop> | null {
  const list = headers['x-forwarded-for']
  if (list !== undefined) return listed(String(list))
  return headers.forwarded === undefined ? null : elements(headers.forwarded)
}

/** Reads each header from the right, because the client itself may have sent the left part. */
function* listed(header: string): Generator<Hop> {
  const entries = header
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  if (entries.length === 0) yield null
  for (const entry of entries.toReversed()) yield addressIn(unquoted(entry))
}

const TOKEN = String.raw`[\w!#$%&'*+.^|~\x60-]+`
const QUOTED = String.raw`"(?:[^"\\]|\\.)*"`
// RFC 7239 asks for quotes around IPv6 and ports. Proxies that leave them out are understood all the same.
const PAIR = String.raw`\s*(${TOKEN})=(${QUOTED}|[^\s,;"\\]*)\s*`
const ELEMENT = new RegExp(`^${PAIR}(?:;${PAIR})*;?\\s*$`)
const pairs = new RegExp(`${PAIR}(?:;|$)`, 'g')

/** More than a chain of proxies needs; it bounds the work that a hostile header causes. */
const MAX_LENGTH = 2_048

/**
 * The elements of a Forwarded header (RFC 7239), the last one first. An element is the shortest end of the header that reads
 * as one. So a quotation mark that the client left open does not swallow what a proxy has added.
 */
function* elements(header: string): Generator<Hop> {
  let rest = header.slice(-MAX_LENGTH)
  if (/^[\s,]*$/.test(rest)) yield null
  while (rest !== '') {
    let comma = rest.lastIndexOf(',')
    while (comma > 0 && !isElement(rest.slice(comma + 1))) comma = rest.lastIndexOf(',', comma - 1)
    const element = rest.slice(comma + 1)
    rest = rest.slice(0, Math.max(comma, 0))
    if (element.trim() !== '') yield addressIn(forIn(element))
  }
  yield null
}

/** List syntax allows for empty elements. */
function isElement(text: string): boolean {
  return text.trim() === '' || ELEMENT.test(text)
}

function forIn(element: string): string {
  const found = [...element.matchAll(pairs)].filter(([, name]) => name?.toLowerCase() === 'for')
  return ELEMENT.test(element) && found.length === 1 ? unquoted(found[0]?.[2] ?? '') : ''
}

function unquoted(text: string): string {
  return /^".*"$/s.test(text) ? text.slice(1, -1).replaceAll(/\\(.)/gs, '$1').trim() : text
}

// A port may be obfuscated, as `_http` (RFC 7239, section 6).
const BRACKETED = /^\[([^\]]+)\](?::(?:\d{1,5}|_[\w.-]+))?$/
const WITH_PORT = /^([\d.]+):(?:\d{1,5}|_[\w.-]+)$/

/** Reads an address with or without brackets, port and zone. */
export function addressIn(text: string): Hop {
  if (isIP(text) === 4) return text // there is no other way to write it
  const bare = BRACKETED.exec(text)?.[1] ?? WITH_PORT.exec(text)?.[1] ?? text
  const address = bare.includes(':') ? bare.replace(/%.*$/s, '') : bare
  // isIP is the stricter of the two: ipaddr.js takes 127.1 and 0x7f000001 too.
  if (isIP(address) === 0 || !ipaddr.isValid(address)) return null
  return ipaddr.process(address).toString() // an IPv4 address mapped into IPv6 is an IPv4 address
}
