import { useRef, useState } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import { PageHeading } from '../../ui/page-heading.js'
import { useResumption } from '../proof/use-resumption.js'
import { FindPerson } from './find-person.js'
import { FindSessions } from './find-sessions.js'
import { Operations } from './operations.js'
import { PersonView } from './person-view.js'
import { useLiveAdmin } from './use-live-admin.js'
import { usePersonChange } from './use-person-change.js'

export function AdminPage() {
  const { t } = useI18n()
  const [person, setPerson] = useState<{ id: string; reason: string } | null>(null)
  const opener = useRef<HTMLElement>(null)
  const choose = (id: string) => {
    opener.current = document.activeElement instanceof HTMLElement ? document.activeElement : null
    setPerson({ id, reason: '' })
  }
  const close = () => {
    setPerson(null)
    const place = opener.current?.isConnected ? opener.current : document.querySelector<HTMLElement>('[name=person]')
    place?.focus()
  }
  useLiveAdmin(person?.id ?? null)
  const changePerson = usePersonChange()
  useResumption({
    'change-person': (input) => {
      setPerson(input)
      return changePerson(input)
    },
  })
  return (
    <>
      <PageHeading title={t('admin.title')}>{t('admin.intro')}</PageHeading>
      <FindPerson onChoose={choose} />
      {person !== null && <PersonView key={person.id} {...person} onClose={close} />}
      <FindSessions onChoosePerson={choose} />
      <Operations />
    </>
  )
}
