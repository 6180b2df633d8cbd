import type { Session } from '@rollcall/session-store'
import { describeDevice, type DeviceName } from './describe.js'

/** The parts of a session that name its device. */
export type Named = Pick<Session, 'userAgent' | 'data'>

/** Names by user agent and hints: few are in use at a time. */
const names = new Map<string, DeviceName>()

/** More are forgotten: anyone can make user agents up. */
const MAX_NAMES = 1_000

export function nameOf({ userAgent, data }: Named): DeviceName {
  const key = `${JSON.stringify(data['clientHints'])} ${userAgent}`
  const known = names.get(key)
  if (known !== undefined) return known
  const name = describeDevice({ userAgent, hints: hintsOf(data) })
  if (names.size >= MAX_NAMES) names.clear()
  names.set(key, name)
  return name
}

/** As `clientHintsOf` gave them at sign-in. */
function hintsOf({ clientHints }: Session['data']): Record<string, string> {
  if (typeof clientHints !== 'object' || clientHints === null) return {}
  return Object.fromEntries(
    Object.entries(clientHints).filter((hint): hint is [string, string] => typeof hint[1] === 'string'),
  )
}
