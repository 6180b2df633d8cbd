import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useRef } from 'react'
import { useApi } from '../../api/trpc.js'
import { adminKey } from './admin-key.js'
import { useLiveQuery } from './use-live-query.js'

export const activityKey = (id: string) => [...adminKey, 'activity', id]

/** A person with their devices, as they change. The activity is read again after each sign-in, sign-out or change of the person. */
export function useLivePerson(id: string) {
  const { people } = useApi().admin
  const queryKey = [...adminKey, 'person', id]
  const query = useQuery({ queryKey, queryFn: () => people.show.query({ id }) })
  useLiveQuery(queryKey, (observer) => people.changes.subscribe({ id }, observer))

  const state = query.data && JSON.stringify([query.data.person, query.data.devices.map((device) => device.id)])
  const shown = useRef(state)
  const queryClient = useQueryClient()
  const readActivity = useEffectEvent(() => void queryClient.invalidateQueries({ queryKey: activityKey(id) }))
  useEffect(() => {
    if (shown.current !== undefined && shown.current !== state) readActivity()
    shown.current = state
  }, [state])
  return query
}
