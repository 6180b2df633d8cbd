import type { Session } from '@rollcall/session-store'
import type { Limits } from '../limits/limits.js'

/**
 * Gives something a new name, within the limits of a session. Each name leaves an event.
 *
 * @param rename Returns whether there is such a thing. Only that counts.
 */
export function withinRenames(
  limits: Pick<Limits, 'within'>,
  { userId, id }: Session,
  rename: () => Promise<boolean>,
): Promise<boolean> {
  return limits.within([['rename:session', userId, id]], () =>
    limits.within(
      [['renamed:session', userId, id]],
      () => rename(),
      (isKnown) => (isKnown ? 'done' : 'void'),
    ),
  )
}
