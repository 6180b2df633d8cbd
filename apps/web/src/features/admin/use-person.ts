import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent, useRef } from 'react'
import { useApi } from '../../api/trpc.js'
import { adminKey } from './admin-key.js'

export const personKey = (id: string) => [...adminKey, 'person', id]
export const activityKey = (id: string) => [...adminKey, 'activity', id]

export function usePersonOptions(id: string) {
  const { people } = useApi().admin
  return { queryKey: personKey(id), queryFn: () => people.show.query({ id }) }
}

/**
 * A person with their devices; `useLiveAdmin` keeps them up to date. The activity is read again after each sign-in, sign-out or
 * change of the person.
 */
export function usePerson(id: string) {
  const query = useQuery(usePersonOptions(id))

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
