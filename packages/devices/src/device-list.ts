import type { Session, SessionStore } from '@rollcall/session-store'
import { deviceOf } from './session-device.js'
import { nameOf as nameByTable } from './device-name/name-of.js'
import type { NameOf } from './device-name/app-names.js'
import { shownNameOf } from './device-name/shown-name.js'
import { proofMethodOf, signInMethodOf } from './sign-in-method.js'

/** Roughly where an IP address is. A country is a guess: a proxy or VPN may stand in between. */
export type Place =
  | { readonly kind: 'local' }
  /** ISO 3166-1 alpha-2, and XK. */
  | { readonly kind: 'country'; readonly code: string }

/** `null` where nothing is known. Never throws, whatever the text. */
export type PlaceOf = (address: string | null) => Place | null

export type Device = ReturnType<typeof toDevice>

export interface DeviceSources {
  /** Names the devices. */
  readonly nameOf: NameOf
  readonly store: SessionStore
  readonly placeOf: PlaceOf
}

/** The devices of a user as nobody in particular sees them, latest seen first. */
export async function listDevices({ store, placeOf, nameOf }: DeviceSources, userId: string): Promise<Device[]> {
  return (await store.list(userId)).map((session) => toDevice(session, placeOf, nameOf))
}

/** As one of them sees them: itself first. */
export function asSeenBy(sessionId: string, devices: readonly Device[]): Device[] {
  const own = devices.filter(({ id }) => id === sessionId).map((device) => ({ ...device, isCurrent: true }))
  return [...own, ...devices.filter(({ id }) => id !== sessionId)]
}

/** A session as a device that nobody in particular sees. */
export function toDevice(session: Session, placeOf: PlaceOf, nameOf: NameOf = nameByTable) {
  const device = deviceOf(session)
  return {
    id: session.id,
    isCurrent: false,
    /** The browser, over all its sign-ins; `null` where it is not known. */
    deviceId: device?.id ?? null,
    /** The name that its owner has given it. */
    name: device?.name ?? null,
    ...shownNameOf(session, nameOf(session)),
    ipAddress: session.ipAddress,
    place: placeOf(session.ipAddress),
    /** How it signed in; `null` where that is not known. */
    signInMethod: signInMethodOf(session),
    createdAt: session.createdAt.toISOString(),
    /** When and how the person last proved who they are: at the sign-in, or later. */
    authenticatedAt: session.authenticatedAt.toISOString(),
    proofMethod: proofMethodOf(session),
    lastSeenAt: session.lastSeenAt.toISOString(),
    expiresAt: session.expiresAt.toISOString(),
  }
}
