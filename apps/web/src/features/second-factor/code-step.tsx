import { type ReactNode, useState } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import { CheckBox } from '../../ui/check-box.js'
import { PageHeading } from '../../ui/page-heading.js'
import { verifyCode } from './api.js'
import { CodeForm } from './code-form.js'
import { explainEnd } from './explain.js'

export interface CodeStepProps {
  onSignedIn: () => Promise<void>
  /** Back to the password; with words, if no code of this sign-in works any more. */
  onBack: (reason: ReactNode) => void
}

/** The second step of a sign-in, on the page of the first one. */
export function CodeStep({ onSignedIn, onBack }: CodeStepProps) {
  const { t } = useI18n()
  const [trustDevice, setTrustDevice] = useState(false)
  return (
    <>
      <PageHeading title={t('secondFactor.stepTitle')}>{t('secondFactor.stepIntro')}</PageHeading>
      <div className="mt-6">
        <CodeForm
          takesBackupCodes
          confirmLabel={t('signIn.submit')}
          busyLabel={t('signIn.busy')}
          onCode={async (kind, code) => {
            await verifyCode(kind, code, { trustDevice })
            await onSignedIn()
          }}
          onRefused={(error) => {
            const end = explainEnd(error)
            if (end !== null) onBack(end)
            return end !== null
          }}
          onCancel={() => onBack(null)}
        >
          <CheckBox label={t('secondFactor.trust')} checked={trustDevice} onChange={setTrustDevice} />
        </CodeForm>
      </div>
    </>
  )
}
