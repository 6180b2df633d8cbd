import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { alone, type Person, useApi } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { words } from '../../i18n/words.js'
import { Button } from '../../ui/button.js'
import { EmailAddress } from '../../ui/email-address.js'
import { Field } from '../../ui/field.js'
import { text, useForm } from '../../ui/form.js'
import { fieldErrors } from '../forms/auth-errors.js'
import { adminKey } from './admin-key.js'
import { QueryState } from './query-state.js'
import { searchOnce } from './search-once.js'
import { Section } from '../../ui/section.js'

export function FindPerson({ onChoose }: { onChoose: (id: string) => void }) {
  const { t } = useI18n()
  const api = useApi()
  const [searched, setSearched] = useState('')
  const query = useQuery({
    queryKey: [...adminKey, 'people', searched],
    queryFn: ({ signal }) => api.admin.people.search.query({ text: searched }, { ...alone, signal }),
    enabled: searched !== '',
    ...searchOnce,
  })

  const { form, errors, summary } = useForm({
    check: (data) => fieldErrors({ person: typedIn(data) === '' ? words((t) => t('admin.find.empty')) : undefined }),
    async submit(data) {
      const typed = typedIn(data)
      if (typed === searched) void query.refetch()
      else setSearched(typed)
    },
    explain: () => ({}),
  })

  return (
    <Section title={t('admin.find.heading')}>
      <form {...form} role="search" className="mt-4 grid gap-3">
        {summary}
        <Field
          name="person"
          label={t('admin.find.label')}
          autoComplete="off"
          maxLength={320}
          spellCheck={false}
          error={errors['person']}
        />
        <div>
          <Button type="submit" look="primary" busy={query.isFetching}>
            {query.isFetching ? t('admin.find.busy') : t('admin.find.submit')}
          </Button>
        </div>
      </form>
      {/* There before its text: a live region that comes with it may not be read. */}
      <p role="status" className="text-[0.9375rem] text-muted not-empty:mt-4">
        {query.data &&
          t(query.data.isComplete ? 'admin.find.found' : 'admin.find.foundMore', { count: query.data.people.length })}
      </p>
      {query.isError && <QueryState query={query} />}
      {query.data && <People people={query.data.people} onChoose={onChoose} />}
    </Section>
  )
}

interface PeopleProps {
  people: readonly Person[]
  onChoose: (id: string) => void
}

function People({ people, onChoose }: PeopleProps) {
  const { t } = useI18n()
  return (
    <ul aria-label={t('admin.find.results')} className="divide-y divide-line empty:hidden">
      {people.map((person) => (
        <li key={person.id} className="flex flex-wrap items-center gap-x-4 gap-y-2 py-3">
          <div className="min-w-0 flex-[1_1_12rem] wrap-anywhere">
            <p className="font-medium">
              <bdi>{person.name}</bdi>
            </p>
            <p className="text-sm text-muted">
              <EmailAddress>{person.email}</EmailAddress>
            </p>
            <Flags person={person} />
          </div>
          <Button aria-label={t('admin.find.openNamed', { name: person.name })} onClick={() => onChoose(person.id)}>
            {t('admin.find.open')}
          </Button>
        </li>
      ))}
    </ul>
  )
}

const typedIn = (data: FormData): string => text(data, 'person').trim()

export function Flags({ person: { isAdmin, isBanned, banReason } }: { person: Person }) {
  const { t } = useI18n()
  const banned = banReason === '' ? t('admin.person.isBanned') : t('admin.person.banReason', { reason: banReason })
  return (
    <>
      {isAdmin && <p className="text-sm font-medium text-accent">{t('admin.person.isAdmin')}</p>}
      {isBanned && <p className="text-sm font-medium text-danger">{banned}</p>}
    </>
  )
}
