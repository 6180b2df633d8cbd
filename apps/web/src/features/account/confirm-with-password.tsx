import { useI18n } from '../../i18n/i18n-provider.js'
import { ConfirmButton, type ConfirmButtonProps } from '../../ui/confirm-button.js'
import { PasswordProof } from './password-proof.js'

/** A `ConfirmButton` that asks for the password where the API wants a recent one. */
export function ConfirmWithPassword(props: Omit<ConfirmButtonProps, 'cancelLabel' | 'Proof'>) {
  const { t } = useI18n()
  return <ConfirmButton {...props} cancelLabel={t('common.cancel')} Proof={PasswordProof} />
}
