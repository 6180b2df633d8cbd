import type { ComponentProps } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Field } from '../../ui/field.js'

export function EmailField(props: Pick<ComponentProps<typeof Field>, 'ref' | 'error' | 'defaultValue'>) {
  const { t } = useI18n()
  return (
    <Field
      {...props}
      name="email"
      label={t('fields.email')}
      type="email"
      autoComplete="username"
      autoCapitalize="none"
      spellCheck={false}
    />
  )
}
