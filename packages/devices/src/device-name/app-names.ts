import type { DeviceKind, DeviceName } from './describe.js'
import { type Named, nameOf } from './name-of.js'

/** Names the device of a session, such as `nameOf`. */
export type NameOf = (session: Named) => DeviceName

/** A native app of your own. Its user agent has neither a browser nor, often, a system. */
export interface AppName {
  /** How its user agent begins, such as `AcmeMail/`, or a pattern that takes time in proportion to the text. */
  readonly userAgent: string | RegExp
  /** Shown in place of a browser. */
  readonly name: string
  /** Default: as its user agent says, or else unknown. */
  readonly os?: string
  /** Default: as its user agent says, or else unknown. */
  readonly kind?: DeviceKind
}

/**
 * Names the apps of your own by your rows, and everything else as `nameOf` does. The first row that fits counts. A name
 * proves nothing, because anybody can send the user agent of your app.
 *
 * @example
 * createStreams({ store, changes, nameOf: createNameOf([{ userAgent: 'AcmeMail/', name: 'Acme Mail', kind: 'phone' }]) })
 */
export function createNameOf(apps: readonly AppName[]): NameOf {
  return (session) => {
    const userAgent = session.userAgent ?? ''
    const app = apps.find((row) =>
      typeof row.userAgent === 'string' ? userAgent.startsWith(row.userAgent) : row.userAgent.test(userAgent),
    )
    if (app === undefined) return nameOf(session)
    const { os, kind } = nameOf(session)
    const said = kind === 'program' ? 'unknown' : kind
    return { browser: app.name, os: app.os ?? os, kind: app.kind ?? said }
  }
}
