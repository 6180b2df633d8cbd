import type { IsRecent } from '@rollcall/trpc'
import type { Streams } from '@rollcall/devices'
import { type LiveViews, shareReadings } from '../../administration/live-views.js'
import { mergeRouters, router } from '../procedures.js'
import { createOperationsRouter, listOperations } from './operations.js'
import { createPeopleChangesRouter } from './people-changes.js'
import { createPeopleRouter } from './people.js'
import { createSessionsRouter } from './sessions.js'

interface Dependencies {
  readonly streams: Streams
  readonly liveViews: LiveViews
  readonly isRecent: IsRecent
}

export function createAdminRouter(dependencies: Dependencies) {
  const { isRecent } = dependencies
  const shared = { ...dependencies, listOnce: shareReadings(listOperations) }
  return router({
    people: mergeRouters(createPeopleRouter(shared), createPeopleChangesRouter(isRecent)),
    sessions: createSessionsRouter(isRecent),
    operations: createOperationsRouter(shared),
  })
}
