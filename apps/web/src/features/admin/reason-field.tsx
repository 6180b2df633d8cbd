import type { MaxReasonLength } from '@rollcall/api'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Field } from '../../ui/field.js'

const LONGEST: MaxReasonLength = 500

interface ReasonFieldProps {
  name: string
  reason: string
  onChange: (reason: string) => void
}

/** The reason for a change, which the people concerned see. */
export function ReasonField({ name, reason, onChange }: ReasonFieldProps) {
  const { t } = useI18n()
  return (
    <Field
      name={name}
      label={t('admin.reason')}
      hint={t('admin.reasonHint')}
      required={false}
      maxLength={LONGEST}
      value={reason}
      onChange={({ target }) => onChange(target.value)}
    />
  )
}
