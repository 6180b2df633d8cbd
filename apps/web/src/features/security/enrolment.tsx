import { useState } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import { useSession } from '../session/session.js'
import { verifyCode } from '../second-factor/api.js'
import { CodeForm } from '../second-factor/code-form.js'
import { CopyButton } from './copy-button.js'
import { isWrongCode } from '../second-factor/explain.js'
import { RevokeOthers } from '../proof/revoke-others.js'
import { QrCode } from './qr-code.js'

export interface EnrolmentProps {
  /** As the API gave it: what an authenticator app reads from the picture. */
  totpURI: string
  onDone: (revokedOthers: boolean) => void
  onCancel: () => void
}

/** Hands the secret to an authenticator app, and asks for its first code. */
export function Enrolment({ totpURI, onDone, onCancel }: EnrolmentProps) {
  const { t } = useI18n()
  const session = useSession()
  const [revokesOthers, setRevokesOthers] = useState(false)
  const secret = new URL(totpURI).searchParams.get('secret') ?? ''
  return (
    <div className="mt-4 grid gap-4 rounded-lg border border-line p-3 motion-safe:animate-arrive sm:p-4">
      <p className="text-[0.9375rem] text-pretty">{t('secondFactor.scan')}</p>
      <QrCode text={totpURI} label={t('secondFactor.qrCode')} />
      <div className="grid gap-2">
        <p className="text-sm text-pretty text-muted" id="factor-secret">
          {t('secondFactor.typeSecret')}
        </p>
        <p aria-describedby="factor-secret" className="font-mono wrap-anywhere">
          {secret.match(/.{1,4}/g)?.join(' ')}
        </p>
        <div className="flex flex-wrap gap-x-3 gap-y-2">
          <CopyButton text={secret} label={t('secondFactor.secretCopy')} />
        </div>
      </div>
      <CodeForm
        confirmLabel={t('secondFactor.onYes')}
        busyLabel={t('secondFactor.checking')}
        onCode={async (kind, code) => {
          await verifyCode(kind, code, { revokeOtherSessions: revokesOthers })
          onDone(revokesOthers)
        }}
        onRefused={(error) => {
          if (!isWrongCode(error)) session.handleError(error)
          return false
        }}
        onCancel={onCancel}
      >
        <RevokeOthers checked={revokesOthers} onChange={setRevokesOthers} />
      </CodeForm>
    </div>
  )
}
