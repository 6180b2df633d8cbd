import type { UseQueryResult } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { toProblem } from '../../api/problem.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { ListProblem } from '../problems/list-problem.js'
import { hasStatus } from './has-status.js'

const NOT_FOUND = 404

/** The place of an answer that is on its way, or the reason why there is none. */
export function QueryState({ query }: { query: UseQueryResult }) {
  const { t } = useI18n()
  const router = useRouter()
  const isNotFound = hasStatus(query.error, NOT_FOUND)
  // As the answer is to one who is no administrator any more, the route asks for the role again.
  useEffect(() => {
    if (isNotFound) void router.invalidate()
  }, [isNotFound, router])
  if (query.isError)
    return (
      <div className="mt-4 first:mt-0">
        <ListProblem
          problem={toProblem(query.error)}
          notLoaded={t('admin.notLoaded')}
          busy={query.isFetching}
          onRetry={() => void query.refetch()}
        />
      </div>
    )
  if (!query.isLoading) return null
  return (
    <p role="status" className="mt-4 text-[0.9375rem] text-muted first:mt-0">
      {t('admin.loading')}
    </p>
  )
}
