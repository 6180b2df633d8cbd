import { useI18n } from '../../i18n/i18n-provider.js'
import { PasswordField as BarePasswordField, type PasswordFieldProps } from '../../ui/field.js'

export function PasswordField(props: Omit<PasswordFieldProps, 'showLabel'>) {
  const { t } = useI18n()
  return <BarePasswordField {...props} showLabel={t('fields.show', { label: props.label })} />
}
