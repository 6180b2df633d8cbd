import { useI18n } from '../../i18n/i18n-provider.js'
import { CheckBox } from '../../ui/check-box.js'

interface RevokeOthersProps {
  checked: boolean
  onChange: (checked: boolean) => void
}

/** The choice whether a changed way in signs out the other devices. */
export function RevokeOthers(props: RevokeOthersProps) {
  const { t } = useI18n()
  return <CheckBox {...props} label={t('waysIn.revokeOthers')} />
}
