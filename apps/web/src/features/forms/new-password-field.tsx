import { useI18n } from '../../i18n/i18n-provider.js'
import type { PasswordFieldProps } from '../../ui/field.js'
import { PasswordField } from './password-field.js'
import { passwordHint } from './password-rules.js'

/** For a password that an account gets, with the rule that it must keep. */
export function NewPasswordField(props: Pick<PasswordFieldProps, 'name' | 'label' | 'error'>) {
  return <PasswordField {...props} autoComplete="new-password" hint={passwordHint(useI18n())} />
}
