import { LoaderCircle } from 'lucide-react'
import type { ComponentProps, MouseEvent } from 'react'

const looks = {
  // A clear border keeps all buttons of one size. styles.css gives the main ones a background in forced colours too.
  primary: 'border-transparent bg-accent text-on-accent hover:bg-accent-strong',
  secondary: 'border-edge bg-surface text-ink hover:bg-sunken',
  danger: 'border-transparent bg-danger text-on-danger hover:bg-danger-strong',
}

interface ButtonProps extends ComponentProps<'button'> {
  look?: keyof typeof looks
  busy?: boolean
}

export function Button({ look = 'secondary', busy = false, className = '', children, onClick, ...rest }: ButtonProps) {
  // Busy is not `disabled`, which would drop the focus.
  const press = (event: MouseEvent<HTMLButtonElement>) => {
    if (busy) event.preventDefault()
    else onClick?.(event)
  }
  return (
    <button
      type="button"
      {...rest}
      aria-disabled={busy || undefined}
      onClick={press}
      className={`inline-flex min-h-11 cursor-pointer items-center justify-center gap-2 rounded-lg border px-4 py-2 text-center text-[0.9375rem] leading-tight font-medium transition-colors aria-disabled:cursor-default ${looks[look]} ${className}`}
    >
      {busy && <LoaderCircle aria-hidden className="size-4 shrink-0 animate-spin" />}
      {children}
    </button>
  )
}
