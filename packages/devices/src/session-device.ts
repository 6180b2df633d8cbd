import type { Session } from '@rollcall/session-store'

/** The device that a session came from: one browser as one user knows it. */
export interface SessionDevice {
  readonly id: string
  /** The name that its owner has given it. */
  readonly name: string | null
  /** Whether nobody had signed in from it before. */
  readonly isNew: boolean
}

/**
 * Reads the device from the data of a session, where it is `device: { id, name, isNew }`; `name` and `isNew` may be left out.
 *
 * @returns `null` for a session that came from no browser, or began before browsers were remembered.
 */
export function deviceOf({ data }: Pick<Session, 'data'>): SessionDevice | null {
  const { device } = data
  if (typeof device !== 'object' || device === null) return null
  const { id, name = null, isNew = false }: { id?: unknown; name?: unknown; isNew?: unknown } = device
  if (typeof id !== 'string' || (typeof name !== 'string' && name !== null) || typeof isNew !== 'boolean') return null
  return { id, name, isNew }
}
