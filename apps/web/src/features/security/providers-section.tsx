import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useRef, useState } from 'react'
import { toProblem } from '../../api/problem.js'
import { useProviders } from '../../api/linked-providers.js'
import type { LinkedProvider } from '../../api/trpc.js'
import { waysInKey } from '../../api/ways-in-key.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { isolate } from '../../i18n/isolate.js'
import { words } from '../../i18n/words.js'
import { SuccessMessage } from '../../ui/success-message.js'
import { Section } from '../../ui/section.js'
import { useNow } from '../../ui/use-now.js'
import { useRowFocus } from '../../ui/use-row-focus.js'
import { ListProblem } from '../problems/list-problem.js'
import { withOthers } from '../proof/with-others.js'
import { RemoveWayIn } from '../proof/remove-way-in.js'
import { useRemoval } from '../proof/use-removal.js'
import { useResumption } from '../proof/use-resumption.js'
import { explainProvider } from '../providers/explain.js'
import { LinkProvider } from './link-provider.js'

/** The accounts of providers that sign in to this account. Nothing where the server has no providers. */
export function ProvidersSection() {
  const { t } = useI18n()
  const now = useNow()
  const queryClient = useQueryClient()
  const [done, setDone] = useState<ReactNode>(null)
  const refresh = async (message: ReactNode) => {
    setDone(message)
    await queryClient.invalidateQueries({ queryKey: waysInKey })
  }
  const unlink = useRemoval('/provider/unlink', explainProvider, ({ name, revokeOtherSessions }) =>
    refresh(words((t) => withOthers(t, t('providers.unlinked', { name }), revokeOtherSessions))),
  )
  useResumption({ 'unlink-provider': unlink })
  const list = useProviders()
  const { linked = [], available = [] } = list.data ?? {}
  const success = useRef<HTMLDivElement>(null)
  const rows = useRowFocus<HTMLUListElement, LinkedProvider>({ rows: linked, fallback: success })
  if (linked.length === 0 && available.length === 0 && !list.error) return null

  return (
    <Section
      id="providers"
      title={t('providers.title')}
      state={list.data ? t('providers.count', { count: linked.length }) : null}
      means={t('providers.means')}
    >
      <SuccessMessage ref={success}>{done}</SuccessMessage>
      {list.error && (
        <div className="mt-4">
          <ListProblem
            problem={toProblem(list.error)}
            notLoaded={list.data ? null : t('providers.notLoaded')}
            busy={list.isFetching}
            onRetry={() => void list.refetch()}
          />
        </div>
      )}
      {linked.length > 0 && (
        <ul {...rows} aria-labelledby="providers" className="mt-4 grid gap-4">
          {linked.map((account) => (
            <LinkedRow
              key={account.id}
              account={account}
              signsIn={available.some(({ id }) => id === account.provider)}
              now={now}
              onUnlink={unlink}
            />
          ))}
        </ul>
      )}
      <LinkProvider providers={available.filter(({ id }) => linked.every(({ provider }) => provider !== id))} />
    </Section>
  )
}

interface LinkedRowProps {
  account: LinkedProvider
  signsIn: boolean
  now: number
  onUnlink: ReturnType<typeof useRemoval>
}

function LinkedRow({ account, signsIn, now, onUnlink }: LinkedRowProps) {
  const i18n = useI18n()
  const { t } = i18n
  const factsId = `provider-${account.id}`
  const name = isolate(account.name)

  return (
    <li
      data-row={account.id}
      tabIndex={-1}
      className="flex flex-wrap items-center gap-x-4 gap-y-3 border-t border-line pt-4 first:border-0 first:pt-0"
    >
      <div id={factsId} className="min-w-0 flex-[1_1_12rem]">
        <p className="font-medium wrap-anywhere">{name}</p>
        <p className="text-sm text-muted">
          {t('providers.since', { when: i18n.shortTime(account.createdAt, now) })}{' '}
          {t('waysIn.lastUsed', { when: i18n.shortTime(account.lastUsedAt, now) })}
        </p>
      </div>
      <RemoveWayIn
        label={t('providers.unlink')}
        accessibleLabel={t('providers.unlinkNamed', { name })}
        question={t('providers.unlinkAsk', { name })}
        consequence={t('waysIn.removeMeans')}
        confirmLabel={t('providers.unlinkYes')}
        busyLabel={t('providers.unlinking')}
        describedBy={factsId}
        action="unlink-provider"
        wayIn={{ id: account.id, name }}
        onRemove={onUnlink}
        signsIn={signsIn}
      />
    </li>
  )
}
