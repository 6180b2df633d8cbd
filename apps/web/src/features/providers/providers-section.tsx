import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { callAuth, needsProof } from '../../api/auth.js'
import { expectedSessionHeaders } from '../../api/expected-session.js'
import { toProblem } from '../../api/problem.js'
import { alone, type LinkedProvider, useApi } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { isolate } from '../../i18n/isolate.js'
import type { Outcome } from '../../ui/confirm-button.js'
import { Message } from '../../ui/message.js'
import { Section } from '../../ui/section.js'
import { useNow } from '../../ui/use-now.js'
import { ConfirmWithPassword } from '../account/confirm-with-password.js'
import { ListProblem } from '../account/list-problem.js'
import { useSession } from '../account/session.js'
import { explainProvider } from './explain.js'
import { LinkProvider } from './link-provider.js'
import { providersKey } from './providers-key.js'

/** The accounts of providers that sign in to this account. Nothing where the server has no providers. */
export function ProvidersSection() {
  const { t } = useI18n()
  const api = useApi()
  const now = useNow()
  const queryClient = useQueryClient()
  const [done, setDone] = useState<string | null>(null)
  const list = useQuery({ queryKey: providersKey, queryFn: () => api.providers.list.query(undefined, alone) })
  const { linked = [], available = [] } = list.data ?? {}
  if (linked.length === 0 && available.length === 0 && !list.error) return null
  const refresh = async (message: string) => {
    setDone(message)
    await queryClient.invalidateQueries({ queryKey: providersKey })
  }

  return (
    <Section id="providers" title={t('providers.title')} means={t('providers.means')}>
      {done !== null && (
        <Message look="good" className="mt-4">
          {done}
        </Message>
      )}
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
        <ul aria-labelledby="providers" className="mt-4 grid gap-4">
          {linked.map((account) => (
            <LinkedRow key={account.id} account={account} now={now} onDone={refresh} />
          ))}
        </ul>
      )}
      <LinkProvider providers={available.filter(({ id }) => linked.every(({ provider }) => provider !== id))} />
    </Section>
  )
}

interface LinkedRowProps {
  account: LinkedProvider
  now: number
  onDone: (message: string) => Promise<void>
}

function LinkedRow({ account, now, onDone }: LinkedRowProps) {
  const i18n = useI18n()
  const { t } = i18n
  const session = useSession()
  const factsId = `provider-${account.id}`
  const name = isolate(account.name)

  const unlink = async (): Promise<Outcome> => {
    try {
      await callAuth('/provider/unlink', { id: account.id }, expectedSessionHeaders())
    } catch (error) {
      if (needsProof(error)) return { kind: 'password-needed' }
      session.failed(error)
      return { kind: 'failed', message: explainProvider(i18n, error) }
    }
    await onDone(t('providers.unlinked', { name }))
    return { kind: 'done' }
  }

  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-3 border-t border-line pt-4 first:border-0 first:pt-0">
      <div id={factsId} className="min-w-0 flex-[1_1_12rem]">
        <p className="font-medium wrap-anywhere">{name}</p>
        <p className="text-sm text-muted">
          {t('providers.since', { when: i18n.shortTime(account.createdAt, now) })}{' '}
          {t('providers.lastUsed', { when: i18n.shortTime(account.lastUsedAt, now) })}
        </p>
      </div>
      <ConfirmWithPassword
        label={t('providers.unlink')}
        accessibleLabel={t('providers.unlinkNamed', { name })}
        question={t('providers.unlinkAsk', { name })}
        consequence={t('providers.unlinkMeans')}
        confirmLabel={t('providers.unlinkYes')}
        busyLabel={t('providers.unlinking')}
        describedBy={factsId}
        onConfirm={unlink}
      />
    </li>
  )
}
