import { type KeyboardEvent, type ReactNode, useState } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import { words } from '../../i18n/words.js'
import { Field } from '../../ui/field.js'
import { text, useForm } from '../../ui/form.js'
import { useFirstField } from '../../ui/use-first-field.js'
import { fieldErrors } from '../forms/auth-errors.js'
import { Answers } from '../forms/answers.js'
import type { CodeKind } from './api.js'
import { CODE_FIELD, explainCode } from './explain.js'

interface CodeFormProps {
  confirmLabel: string
  busyLabel: string
  /** Default: a code of the app only. */
  takesBackupCodes?: boolean
  /** Default: the look of the main action of a page. */
  look?: 'primary' | 'danger'
  /** Further fields, above the button. */
  children?: ReactNode
  onCode: (kind: CodeKind, code: string) => Promise<void>
  /** Answers `true` for a refusal that it explains itself. */
  onRefused?: (error: unknown) => boolean
  onCancel: () => void
}

/** Asks for a code of the authenticator app, or for a backup code in its place. */
export function CodeForm({ takesBackupCodes = false, ...props }: CodeFormProps) {
  const { t } = useI18n()
  const [kind, setKind] = useState<CodeKind>('totp')
  return (
    // With the key, what was wrong with a code of one kind goes with it.
    <KindForm key={kind} kind={kind} {...props}>
      {takesBackupCodes && (
        <button
          type="button"
          onClick={() => setKind(kind === 'totp' ? 'backup-code' : 'totp')}
          className="-mt-2 inline-flex min-h-11 cursor-pointer items-center justify-self-start rounded text-left text-[0.9375rem] font-medium text-accent underline decoration-1 underline-offset-4 hover:text-accent-strong"
        >
          {t(kind === 'totp' ? 'secondFactor.useBackupCode' : 'secondFactor.useCode')}
        </button>
      )}
      {props.children}
    </KindForm>
  )
}

function KindForm({ kind, look = 'primary', onCancel, ...props }: CodeFormProps & { kind: CodeKind }) {
  const { t } = useI18n()
  const { form, errors, summary, busy } = useForm({
    check: (data) =>
      fieldErrors({ [CODE_FIELD]: isWhole(kind, codeIn(data)) ? undefined : words((t) => t(labels[kind].missing)) }),
    submit: (data) => props.onCode(kind, codeIn(data)),
    explain: (error) => (props.onRefused?.(error) ? {} : explainCode(error)),
  })

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !busy) onCancel()
  }

  return (
    <form {...form} ref={useFirstField()} className="grid max-w-md gap-4">
      {summary}
      <Field
        name={CODE_FIELD}
        label={t(labels[kind].label)}
        hint={t(labels[kind].hint)}
        autoComplete={kind === 'totp' ? 'one-time-code' : 'off'}
        inputMode={kind === 'totp' ? 'numeric' : 'text'}
        autoCapitalize="none"
        spellCheck={false}
        error={errors[CODE_FIELD]}
        onKeyDown={onKeyDown}
      />
      {props.children}
      <Answers {...props} onCancel={onCancel} look={look} busy={busy} onKeyDown={onKeyDown} />
    </form>
  )
}

const labels = {
  totp: { label: 'secondFactor.code', hint: 'secondFactor.codeHint', missing: 'secondFactor.enterCode' },
  'backup-code': {
    label: 'secondFactor.backupCode',
    hint: 'secondFactor.backupCodeHint',
    missing: 'secondFactor.enterBackupCode',
  },
} as const

function isWhole(kind: CodeKind, code: string): boolean {
  return kind === 'totp' ? /^\d{6}$/.test(code) : code !== ''
}

/** Apps show a code in groups, and people type it so. */
function codeIn(data: FormData): string {
  return text(data, CODE_FIELD).replaceAll(/\s/g, '')
}
