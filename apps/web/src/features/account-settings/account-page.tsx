import { type ReactNode, useId } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import { PageHeading } from '../../ui/page-heading.js'
import { useAccount } from '../account/use-account.js'
import { EmailSection } from '../email-change/email-section.js'
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
      <Section title={t('accountPage.nameHeading')} means={t('accountPage.nameMeans')}>
        {/* It has its place before the name is there: what follows must not move. */}
        <ChangeName key={data ? 'loaded' : 'loading'} name={data?.user.name ?? ''} />
      </Section>
      <Section title={t('accountPage.emailHeading')} means={t('accountPage.emailMeans')}>
        <EmailSection email={data?.user.email} />
      </Section>
      <Section title={t('accountPage.dataHeading')} means={t('accountPage.dataMeans')}>
        <DownloadData />
      </Section>
      <Section title={t('accountPage.deleteHeading')} means={t('accountPage.deleteMeans')}>
        <DeleteAccount />
      </Section>
    </>
  )
}

function Section({ title, means, children }: { title: string; means: string; children: ReactNode }) {
  const id = useId()
  return (
    <section
      aria-labelledby={id}
      className="mt-6 max-w-xl rounded-2xl border border-line bg-surface p-4 shadow-card sm:p-6"
    >
      <h2 id={id} className="text-lg font-semibold">
        {title}
      </h2>
      <p className="mt-1 text-[0.9375rem] text-pretty text-muted">{means}</p>
      {children}
    </section>
  )
}
