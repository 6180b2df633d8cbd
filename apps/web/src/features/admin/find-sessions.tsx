import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { toProblem } from '../../api/problem.js'
import { alone, type FoundSessions, type SessionFilter, useApi } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Button } from '../../ui/button.js'
import { Message } from '../../ui/message.js'
import { useNow } from '../../ui/use-now.js'
import { adminKey } from './admin-key.js'
import { DeviceRow } from './device-row.js'
import { FilterForm } from './filter-form.js'
import { QueryState } from './query-state.js'
import { Section } from '../../ui/section.js'
import { SignOutFiltered } from './sign-out-filtered.js'

export function FindSessions({ onChoosePerson }: { onChoosePerson: (id: string) => void }) {
  const { t } = useI18n()
  const [filter, setFilter] = useState<SessionFilter | null>(null)
  return (
    <Section title={t('admin.sessions.heading')} means={t('admin.sessions.means')}>
      <FilterForm onFind={setFilter} />
      {/* What was typed for one filter says nothing about the next. */}
      {filter && <Found key={JSON.stringify(filter)} filter={filter} onChoosePerson={onChoosePerson} />}
    </Section>
  )
}

interface FoundProps {
  filter: SessionFilter
  onChoosePerson: (id: string) => void
}

/** First about, which takes half a second at most; then exactly, if that was not. */
function Found({ filter, onChoosePerson }: FoundProps) {
  const { t } = useI18n()
  const api = useApi()
  const find = (isExact: boolean) => ({
    queryKey: [...adminKey, 'sessions', filter, isExact],
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      api.admin.sessions.find.query({ filter, isExact }, { ...alone, signal }),
  })
  const about = useQuery(find(false))
  const exact = useQuery({ ...find(true), enabled: about.data?.isExact === false })
  if (about.isError && toProblem(about.error).kind === 'invalid')
    return (
      <Message look="bad" className="mt-4">
        {t('admin.sessions.wrong')}
      </Message>
    )
  const found = exact.data ?? about.data
  return (
    <>
      <QueryState query={about.isError ? about : exact.isError ? exact : about} />
      {found && <Preview found={found} onChoosePerson={onChoosePerson} />}
      {found?.isExact && found.sessions > 0 && <SignOutFiltered filter={filter} count={found.sessions} />}
    </>
  )
}

function Preview({ found, onChoosePerson }: { found: FoundSessions; onChoosePerson: (id: string) => void }) {
  const { t } = useI18n()
  const now = useNow()
  const users = t('admin.sessions.users', { count: found.users })
  return (
    <>
      <p role="status" className="mt-6 border-t border-line pt-4 font-semibold">
        {found.isExact
          ? t('admin.sessions.exact', { count: found.sessions, users })
          : t('admin.sessions.about', { count: found.sessions })}
      </p>
      {found.sessions > found.found.length && found.found.length > 0 && (
        <p className="text-sm text-muted">{t('admin.sessions.some', { count: found.found.length })}</p>
      )}
      <ul aria-label={t('admin.sessions.list')} className="divide-y divide-line empty:hidden">
        {found.found.map(({ device, user }) => (
          <DeviceRow key={device.id} device={device} owner={user.email || user.id} now={now}>
            <Button
              aria-label={t('admin.find.openNamed', { name: user.email || user.id })}
              onClick={() => onChoosePerson(user.id)}
              className="max-sm:ml-14.5"
            >
              {t('admin.find.open')}
            </Button>
          </DeviceRow>
        ))}
      </ul>
    </>
  )
}
