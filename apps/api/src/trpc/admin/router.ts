import type { IsRecent } from '@rollcall/trpc'
import type { Streams } from '@rollcall/devices'
import { mergeRouters, router } from '../procedures.js'
import { createOperationsRouter } from './operations.js'
import { createPeopleChangesRouter } from './people-changes.js'
import { createPeopleRouter } from './people.js'
import { createSessionsRouter } from './sessions.js'

export function createAdminRouter({ streams, isRecent }: { readonly streams: Streams; readonly isRecent: IsRecent }) {
  return router({
    people: mergeRouters(createPeopleRouter(streams), createPeopleChangesRouter(isRecent)),
    sessions: createSessionsRouter(isRecent),
    operations: createOperationsRouter(isRecent),
  })
}
