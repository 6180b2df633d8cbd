import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { toProblem } from '../../api/problem.js'
import { alone, type FoundSessions, useApi } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Button } from '../../ui/button.js'
import { Message } from '../../ui/message.js'
import { useNow } from '../../ui/use-now.js'
import { useResumption } from '../proof/use-resumption.js'
import { adminKey } from './admin-key.js'
import { DeviceRow } from './device-row.js'
import { FilterForm } from './filter-form.js'
import { QueryState } from './query-state.js'
import { searchOnce } from './search-once.js'
import { Section } from '../../ui/section.js'
import { type FilterFields, filterIn } from './session-filter.js'
import { SignOutFiltered } from './sign-out-filtered.js'
import { isRunning, useOperations } from './use-operations.js'

interface Search {
  /** Numbers the searches of this page. Each counts anew. */
  readonly number: number
  readonly fields: FilterFields
  /** The reason for signing out what is found, as far as it was typed before. */
  readonly reason: string
  /** Whether the person was away for a proof, and is to be asked again. */
  readonly isAgain: boolean
  /** The id of the operation that signs out what was found. */
  readonly operation: string | null
}

export function FindSessions({ onChoosePerson }: { onChoosePerson: (id: string) => void }) {
  const { t } = useI18n()
  const [search, setSearch] = useState<Search | null>(null)
  /** They fill the form after a proof. */
  const [typed, setTyped] = useState<FilterFields>({})
  const searches = useRef(0)
  const about = useFind()
  const client = useQueryClient()
  const show = (fields: FilterFields, { reason = '', isAgain = false } = {}) => {
    const number = (searches.current += 1)
    setSearch({ number, fields, reason, isAgain, operation: null })
    return number
  }
  const find = async (fields: FilterFields) => {
    const number = show(fields)
    // Another error stands in place of the results, with a button to try again.
    await client.fetchQuery(about(number, fields, false)).catch((error: unknown) => {
      if (toProblem(error).kind === 'invalid') throw error
    })
  }
  useResumption({
    'sign-out-filtered': async ({ fields, reason }) => {
      setTyped(fields)
      show(fields, { reason, isAgain: true })
      return { kind: 'done' }
    },
  })
  return (
    <Section title={t('admin.sessions.heading')} means={t('admin.sessions.means')}>
      <FilterForm key={JSON.stringify(typed)} fields={typed} onFind={find} />
      {search?.isAgain && <SearchedAgain />}
      {search?.operation === null && (
        // Words that were typed for one search say nothing about the next.
        <Found
          key={search.number}
          search={search}
          onChoosePerson={onChoosePerson}
          onStarted={(operation) => setSearch({ ...search, isAgain: false, operation })}
        />
      )}
      {typeof search?.operation === 'string' && <StartedOperation key={search.number} operation={search.operation} />}
    </Section>
  )
}

/** Takes the focus: the person is far above, at the top of the page. */
function SearchedAgain() {
  const { t } = useI18n()
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => box.current?.focus(), [])
  return (
    <div ref={box} tabIndex={-1} className="mt-6">
      <Message look="info">{t('admin.sessions.again')}</Message>
    </div>
  )
}

/** The query of a search. */
function useFind() {
  const api = useApi()
  return (number: number, fields: FilterFields, isExact: boolean) => {
    const filter = filterIn(fields)
    return {
      queryKey: [...adminKey, 'sessions', number, filter, isExact],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        api.admin.sessions.find.query({ filter, isExact }, { ...alone, signal }),
      ...searchOnce, // the next one with this number is of another visit
    }
  }
}

interface FoundProps {
  search: Search
  onChoosePerson: (id: string) => void
  onStarted: (operation: string) => void
}

/** First about, which takes half a second at most; then exactly, if that was not. */
function Found({ search: { number, fields, reason }, onChoosePerson, onStarted }: FoundProps) {
  const { t } = useI18n()
  const find = useFind()
  const about = useQuery(find(number, fields, false))
  const exact = useQuery({ ...find(number, fields, true), enabled: about.data?.isExact === false })
  // The form says it.
  if (about.isError && toProblem(about.error).kind === 'invalid') return null
  const { data: found, dataUpdatedAt } = exact.data ? exact : about
  const failed = [about, exact].find((query) => query.isError)
  return (
    <>
      {/* There before what it says: a live region that comes with its text may not be read. */}
      <p role="status" className="border-line font-semibold not-empty:mt-6 not-empty:border-t not-empty:pt-4">
        {found ? <Count found={found} /> : !failed && t('admin.loading')}
      </p>
      {failed && <QueryState query={failed} />}
      {/* Above the rows: there may be hundreds. */}
      {found?.isExact && found.sessions > 0 && (
        <SignOutFiltered fields={fields} count={found.sessions} reason={reason} onStarted={onStarted} />
      )}
      {found && <Preview found={found} asOf={dataUpdatedAt} onChoosePerson={onChoosePerson} />}
    </>
  )
}

/** Stands in place of what was found while it is signed out, and afterwards. */
function StartedOperation({ operation: id }: { operation: string }) {
  const { t } = useI18n()
  const { data } = useOperations()
  const operation = data?.find((one) => one.id === id)
  const text = useRef<HTMLParagraphElement>(null)
  useEffect(() => text.current?.focus(), []) // the button has gone
  return (
    <p ref={text} tabIndex={-1} role="status" className="mt-6 border-t border-line pt-4 font-semibold">
      {operation === undefined || isRunning(operation)
        ? t('admin.sessions.began')
        : operation.state === 'done'
          ? t('admin.sessions.done', { count: operation.revoked ?? 0 })
          : t('admin.sessions.notDone')}
    </p>
  )
}

function Count({ found: { isExact, sessions: count, users } }: { found: FoundSessions }) {
  const { t } = useI18n()
  return isExact
    ? t('admin.sessions.exact', { count, users: t('admin.sessions.users', { count: users }) })
    : t('admin.sessions.about', { count })
}

interface PreviewProps extends Pick<FoundProps, 'onChoosePerson'> {
  found: FoundSessions
  /** When they were found. */
  asOf: number
}

function Preview({ found, asOf, onChoosePerson }: PreviewProps) {
  const { t } = useI18n()
  const now = useNow()
  return (
    <>
      {found.sessions > found.found.length && found.found.length > 0 && (
        <p className="text-sm text-muted">{t('admin.sessions.some', { count: found.found.length })}</p>
      )}
      <ul aria-label={t('admin.sessions.list')} className="divide-y divide-line empty:hidden">
        {found.found.map(({ device, user }) => (
          <DeviceRow key={device.id} device={device} owner={user.email || user.id} time={{ now, asOf }}>
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
