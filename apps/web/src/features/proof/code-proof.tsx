import { useQuery } from '@tanstack/react-query'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Button } from '../../ui/button.js'
import { proofMethods } from './proof-methods.js'
import { useSession } from '../session/session.js'
import { verifyCode } from '../second-factor/api.js'
import { CodeForm } from '../second-factor/code-form.js'
import { isWrongCode } from '../second-factor/explain.js'

interface CodeProofProps {
  isAsked: boolean
  onAsked: (isAsked: boolean) => void
  onProved: () => Promise<void>
}

/** One more way to prove who the person is, for an account with a second factor. */
export default function CodeProof({ isAsked, onAsked, onProved }: CodeProofProps) {
  const { t } = useI18n()
  const session = useSession()
  const { data: methods = [] } = useQuery({ ...proofMethods, retry: false })

  if (!methods.includes('two-factor')) return null
  if (!isAsked) {
    return (
      <Button className="justify-self-start" onClick={() => onAsked(true)}>
        {t('secondFactor.prove')}
      </Button>
    )
  }
  return (
    <CodeForm
      takesBackupCodes
      confirmLabel={t('secondFactor.proveYes')}
      busyLabel={t('secondFactor.checking')}
      onCode={async (kind, code) => {
        await verifyCode(kind, code)
        await onProved()
      }}
      onRefused={(error) => {
        if (!isWrongCode(error)) session.handleError(error)
        return false
      }}
      onCancel={() => onAsked(false)}
    />
  )
}
