import { useQuery } from '@tanstack/react-query'
import { useApi } from '../../api/trpc.js'
import { hasStatus } from './has-status.js'
import { useLiveQueries } from './use-live-queries.js'
import { operationsKey } from './use-operations.js'
import { personKey, usePersonOptions } from './use-person.js'

const NOT_FOUND = 404

/** Follows the operations, and the person who is open, by one stream: a browser opens six connections to a server. */
export function useLiveAdmin(openPerson: string | null): void {
  const { operations, people } = useApi().admin
  const person = useQuery({ ...usePersonOptions(openPerson ?? ''), enabled: false }) // the view of the person fetches it
  const isGone = hasStatus(person.error, NOT_FOUND)
  const id = isGone ? null : openPerson
  useLiveQueries(id === null ? [operationsKey] : [operationsKey, personKey(id)], (observer) =>
    id === null
      ? operations.changes.subscribe(undefined, { ...observer, onData: (listed) => observer.onData([listed]) })
      : people.changes.subscribe(
          { id },
          { ...observer, onData: ({ operations: listed, ...shown }) => observer.onData([listed, shown]) },
        ),
  )
}
