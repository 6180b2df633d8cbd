import type { ReactNode } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import { words } from '../../i18n/words.js'
import { Field } from '../../ui/field.js'
import { type FieldErrors, text } from '../../ui/form.js'
import { LONGEST_NAME } from '../forms/auth-errors.js'
import { NewPasswordField } from '../forms/new-password-field.js'
import { newPasswordError } from '../forms/password-rules.js'
import type { NewAccount } from './calls.js'

/** The name and the password of a new account, around its address. */
export function AccountFields({ errors, children }: { errors: FieldErrors; children: ReactNode }) {
  const { t } = useI18n()
  return (
    <>
      <Field name="name" label={t('fields.name')} autoComplete="name" maxLength={LONGEST_NAME} error={errors['name']} />
      {children}
      <NewPasswordField name="password" label={t('fields.password')} error={errors['password']} />
    </>
  )
}

export function nameError(data: FormData): ReactNode {
  return text(data, 'name').trim() === '' ? words((t) => t('fields.enterName')) : undefined
}

export function passwordError(data: FormData): ReactNode {
  return newPasswordError(text(data, 'password'))
}

export function newAccountOf(data: FormData): NewAccount {
  return { name: text(data, 'name').trim(), password: text(data, 'password') }
}
