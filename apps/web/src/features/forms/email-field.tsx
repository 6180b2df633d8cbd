import type { ComponentProps } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Field } from '../../ui/field.js'

export function EmailField(
  props: Pick<ComponentProps<typeof Field>, 'ref' | 'error' | 'defaultValue' | 'autoComplete'>,
) {
  const { t } = useI18n()
  return (
    <Field
      autoComplete="username"
      {...props}
      name="email"
      label={t('fields.email')}
      type="email"
      autoCapitalize="none"
      spellCheck={false}
    />
  )
}
