import { useState } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import { PageHeading } from '../../ui/page-heading.js'
import { FindPerson } from './find-person.js'
import { FindSessions } from './find-sessions.js'
import { Operations } from './operations.js'
import { PersonView } from './person-view.js'

export function AdminPage() {
  const { t } = useI18n()
  const [personId, setPersonId] = useState<string | null>(null)
  return (
    <>
      <PageHeading title={t('admin.title')}>{t('admin.intro')}</PageHeading>
      <FindPerson onChoose={setPersonId} />
      {personId !== null && <PersonView key={personId} id={personId} onClose={() => setPersonId(null)} />}
      <FindSessions onChoosePerson={setPersonId} />
      <Operations />
    </>
  )
}
