import { Eye, EyeOff } from 'lucide-react'
import { type ComponentProps, type ReactNode, useId, useState } from 'react'

export const inputStyle =
  'block min-h-11 w-full rounded-lg border bg-surface px-3 py-2 text-base text-ink focus-visible:outline-offset-0'
export const borderStyle = { fine: 'border-edge', wrong: 'border-danger' }

interface FieldProps extends Omit<ComponentProps<'input'>, 'name' | 'id'> {
  name: string
  label: string
  hint?: string
  error?: ReactNode
}

export function Field({ label, hint, error, ...input }: FieldProps) {
  const id = useId()
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <input
        required
        {...input}
        {...inputProps(id, hint, error)}
        className={`${inputStyle} ${error ? borderStyle.wrong : borderStyle.fine}`}
      />
    </Frame>
  )
}

export interface PasswordFieldProps extends FieldProps {
  /** The label of the button that shows the typed text. */
  showLabel: string
}

export function PasswordField({ label, hint, error, showLabel, ...input }: PasswordFieldProps) {
  const id = useId()
  const [shown, setShown] = useState(false)
  const Icon = shown ? EyeOff : Eye
  return (
    <Frame id={id} label={label} hint={hint} error={error}>
      <div className="relative">
        <input
          required
          {...input}
          {...inputProps(id, hint, error)}
          type={shown ? 'text' : 'password'}
          autoCapitalize="none"
          spellCheck={false}
          className={`${inputStyle} pr-12 ${error ? borderStyle.wrong : borderStyle.fine}`}
        />
        <button
          type="button"
          aria-label={showLabel}
          aria-pressed={shown}
          onClick={() => setShown(!shown)}
          className="absolute inset-y-0 right-0 grid w-11 cursor-pointer place-items-center rounded-r-lg text-muted hover:text-ink"
        >
          <Icon aria-hidden className="size-5" />
        </button>
      </div>
    </Frame>
  )
}

/** @param id Of this field alone. Two open forms may have fields of the same name. */
function inputProps(id: string, hint?: string, error?: ReactNode) {
  const descriptions = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ')
  return {
    id,
    'aria-invalid': error ? true : undefined,
    'aria-describedby': descriptions || undefined,
  }
}

interface FrameProps {
  id: string
  label: string
  hint?: string | undefined
  error?: ReactNode
  children: ReactNode
}

export function Frame({ id, label, hint, error, children }: FrameProps) {
  return (
    <div className="max-w-md">
      <label htmlFor={id} className="mb-1.5 block text-[0.9375rem] font-medium">
        {label}
      </label>
      {children}
      {hint && (
        <p id={`${id}-hint`} className="mt-1.5 text-sm text-muted">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className="mt-1.5 text-sm font-medium text-danger">
          {error}
        </p>
      )}
    </div>
  )
}
