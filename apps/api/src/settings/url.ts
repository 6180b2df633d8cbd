import ipaddr from 'ipaddr.js'
import { z } from 'zod'

export const MUST_BE_ENCODED = 'must have each % that stands for itself, such as in a password, written as %25'

/** Whether the drivers can decode its user, password and path. They do so at different times, and some throw. */
export function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

/** As systems list them in /etc/hosts. */
const OWN_NAMES = new Set(['localhost', 'localhost.localdomain', 'ip6-localhost', 'ip6-loopback'])

/** Whether the host of a URL is the very machine that asks for it, whichever that is. */
export function leadsToItself(text: string): boolean {
  const host = new URL(text).hostname.replace(/^\[|\]$|\.$/g, '') // of IPv6, and of a name that is complete
  if (OWN_NAMES.has(host) || host.endsWith('.localhost')) return true
  return ipaddr.isValid(host) && ['loopback', 'unspecified'].includes(ipaddr.process(host).range())
}

/** A driver goes to this machine if its URL names no host: that server may be somebody else's. */
function namesHost(text: string): boolean {
  const { hostname, searchParams } = new URL(text)
  return hostname !== '' || searchParams.has('host')
}

/** A URL with a host. PostgreSQL may have the folder of its socket as the parameter `host` instead. */
export const url = (form: string, ...protocols: string[]) =>
  z
    .string()
    .refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol) && namesHost(text), {
      error: `must be ${form}`,
      abort: true, // the next checks parse it as a URL
    })
    .refine(isEncoded, { error: MUST_BE_ENCODED, abort: true })
