import { useI18n } from '../../i18n/i18n-provider.js'
import { PageHeading } from '../../ui/page-heading.js'
import { Section } from '../../ui/section.js'
import { EmailSection } from '../email-change/email-section.js'
import { AccountSkeleton } from '../session/account-skeleton.js'
import { useAccount } from '../session/use-account.js'
import { ChangeName } from './change-name.js'
import { DeleteAccount } from './delete-account.js'
import { DownloadData } from './download-data.js'

export function AccountPage() {
  const { t } = useI18n()
  // Asks although the header knows the person: to come to this page is to be checked.
  const { data } = useAccount()
  return (
    <>
      <PageHeading title={t('accountPage.title')}>{t('accountPage.intro')}</PageHeading>
      {data ? <Sections {...data.user} /> : <AccountSkeleton />}
    </>
  )
}

function Sections({ name, email }: { name: string; email: string }) {
  const { t } = useI18n()
  return (
    <>
      <Section title={t('accountPage.nameHeading')} means={t('accountPage.nameMeans')}>
        <ChangeName name={name} />
      </Section>
      <Section title={t('accountPage.emailHeading')} means={t('accountPage.emailMeans')}>
        <EmailSection email={email} />
      </Section>
      <Section title={t('accountPage.dataHeading')} means={t('accountPage.dataMeans')}>
        <DownloadData />
      </Section>
      <Section isDangerous title={t('accountPage.deleteHeading')} means={t('accountPage.deleteMeans')}>
        <DeleteAccount />
      </Section>
    </>
  )
}
