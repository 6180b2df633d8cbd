import type { Person } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { isolate } from '../../i18n/isolate.js'
import { useKeptFocus } from '../../ui/use-kept-focus.js'
import { ConfirmWithProof } from '../proof/confirm-with-proof.js'
import { type PersonChange, usePersonChange } from './use-person-change.js'

interface PersonActionsProps {
  person: Person
  reason: string
}

/** The changes that concern all of a person. Each asks twice, and for a proof where the last one was long ago. The server refuses some for administrators. */
export function PersonActions({ person, reason }: PersonActionsProps) {
  const given = { person, reason }
  const block = useKeptFocus<HTMLDivElement>(person.isBanned ? 'unban' : 'ban')
  return (
    <div className="mt-4 flex flex-wrap gap-3">
      <Action {...given} change="all" />
      {!person.isAdmin && <Action {...given} change="reset" />}
      <div {...block} className="contents">
        {person.isBanned ? (
          <Action key="unban" {...given} change="unban" />
        ) : (
          !person.isAdmin && <Action key="ban" {...given} change="ban" />
        )}
      </div>
    </div>
  )
}

function Action({ person, reason, change }: PersonActionsProps & Pick<PersonChange, 'change'>) {
  const { t } = useI18n()
  const changePerson = usePersonChange()
  const name = isolate(person.name)
  const input = { change, id: person.id, reason }
  return (
    <ConfirmWithProof
      label={t(`admin.person.${change}`)}
      question={t(`admin.person.${change}Ask`, { name })}
      consequence={t(`admin.person.${change}Means`)}
      confirmLabel={change === 'all' ? t('signOut.yes') : t(`admin.person.${change}Yes`)}
      busyLabel={t('admin.person.busy')}
      onConfirm={() => changePerson(input)}
      pending={{ name: 'change-person', input }}
    />
  )
}
