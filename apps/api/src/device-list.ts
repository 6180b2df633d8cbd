import type { Session, SessionStore } from '@rollcall/session-store'
import { describeDevice, type DeviceName } from './device-name.js'

export type Device = ReturnType<typeof toDevice>

/** The devices of a user as one of them sees them: itself first, then the one seen last. */
export async function listDevices(store: SessionStore, { userId, id }: Pick<Session, 'userId' | 'id'>): Promise<Device[]> {
  const sessions = await store.list(userId) // latest seen first
  const devices = sessions.map((listed) => toDevice(listed, id))
  return devices.toSorted((a, b) => Number(b.isCurrent) - Number(a.isCurrent))
}

function toDevice(session: Session, currentId: string) {
  return {
    id: session.id,
    isCurrent: session.id === currentId,
    ...nameOf(session),
    ipAddress: session.ipAddress,
    createdAt: session.createdAt.toISOString(),
    lastSeenAt: session.lastSeenAt.toISOString(),
    expiresAt: session.expiresAt.toISOString(),
  }
}

export function nameOf({ userAgent, data }: Pick<Session, 'userAgent' | 'data'>): DeviceName {
  return describeDevice({ userAgent, hints: hintsOf(data) })
}

/** As the auth package kept them at sign-in. */
function hintsOf({ clientHints }: Session['data']): Record<string, string> {
  if (typeof clientHints !== 'object' || clientHints === null) return {}
  return Object.fromEntries(Object.entries(clientHints).filter((hint): hint is [string, string] => typeof hint[1] === 'string'))
}
