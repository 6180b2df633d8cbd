import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { toProblem } from '../../api/problem.js'
import { alone, useApi } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Message } from '../../ui/message.js'
import { ListProblem } from '../problems/list-problem.js'
import { PendingChange } from './pending-change.js'
import { RequestChange } from './request-change.js'

const pendingKey = ['emailChange']

/** The address of the account, and the change that waits for its confirmations or can be asked for. */
export function EmailSection({ email }: { email: string }) {
  const { t } = useI18n()
  const api = useApi()
  const queryClient = useQueryClient()
  const [done, setDone] = useState<ReactNode>(null)
  const pending = useQuery({
    queryKey: pendingKey,
    queryFn: () => api.emailChange.pending.query(undefined, alone),
    refetchOnWindowFocus: 'always', // its links are opened in other windows
  })
  const change = pending.data

  // When it is over, the account may have another address.
  const hadChange = useRef(false)
  useEffect(() => {
    if (hadChange.current && change === null) void queryClient.invalidateQueries({ queryKey: ['session', 'current'] })
    hadChange.current = Boolean(change)
  }, [change, queryClient])

  const refresh = async (message: ReactNode) => {
    setDone(message)
    await queryClient.invalidateQueries({ queryKey: pendingKey })
  }

  return (
    <>
      <p className="mt-3 font-medium wrap-anywhere">{email}</p>
      {done !== null && (
        <Message look="good" className="mt-4">
          {done}
        </Message>
      )}
      {pending.error && (
        <div className="mt-4">
          <ListProblem
            problem={toProblem(pending.error)}
            notLoaded={change === undefined ? t('emailChange.notLoaded') : null}
            busy={pending.isFetching}
            onRetry={() => void pending.refetch()}
          />
        </div>
      )}
      {change ? (
        <PendingChange change={change} from={email} onOver={refresh} />
      ) : (
        <RequestChange email={email} onStart={() => setDone(null)} onRequested={() => refresh(null)} />
      )}
    </>
  )
}
