import { type FocusEvent, type KeyboardEvent, type MouseEvent, useEffect, useId, useRef, useState } from 'react'
import { Button } from './button.js'
import { useGuarded } from './use-guarded.js'

interface ConfirmButtonProps {
  label: string
  /** The label for those who do not see what stands beside it. Starts with the visible one. */
  accessibleLabel?: string
  question: string
  consequence: string
  confirmLabel: string
  busyLabel: string
  describedBy?: string
  /** For the button; the question takes the whole row. */
  className?: string
  onConfirm: () => Promise<void>
}

/** Asks twice in place: the first press only turns the button into the question. */
export function ConfirmButton(props: ConfirmButtonProps) {
  const {
    label,
    accessibleLabel,
    question,
    consequence,
    confirmLabel,
    busyLabel,
    describedBy,
    className = '',
    onConfirm,
  } = props
  const [armed, setArmed] = useState(false)
  const { run, busy } = useGuarded(onConfirm)
  const trigger = useRef<HTMLButtonElement>(null)
  const confirm = useRef<HTMLButtonElement>(null)
  const panel = useRef<HTMLDivElement>(null)
  const returnFocus = useRef(false)
  const questionId = useId()
  const consequenceId = useId()

  useEffect(() => {
    if (armed) {
      confirm.current?.focus()
    } else if (returnFocus.current) {
      returnFocus.current = false
      trigger.current?.focus()
    }
  }, [armed])

  const disarm = ({ focus }: { focus: boolean }) => {
    if (busy) return
    returnFocus.current = focus
    setArmed(false)
  }

  const proceed = async () => {
    await run()
    // Whoever has moved on in the meantime keeps their place.
    returnFocus.current = panel.current?.contains(document.activeElement) ?? false
    setArmed(false)
  }

  const onBlur = (event: FocusEvent) => {
    if (panel.current?.contains(event.relatedTarget)) return
    // Another window took the focus; within this one it stayed.
    if (event.target === document.activeElement) return
    disarm({ focus: false })
  }

  // Safari does not focus a button that is pressed: the press would blur, and so disarm, what it presses.
  const onMouseDown = (event: MouseEvent) => event.preventDefault()

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation()
      disarm({ focus: true })
    }
    // The Enter that armed the button, still held down, must not answer the question too.
    if (event.key === 'Enter' && event.repeat) event.preventDefault()
  }

  const answering = { onBlur, onKeyDown, onMouseDown }

  if (!armed) {
    return (
      <Button
        ref={trigger}
        onClick={() => setArmed(true)}
        aria-label={accessibleLabel}
        aria-describedby={describedBy}
        className={`shrink-0 ${className}`}
      >
        {label}
      </Button>
    )
  }

  return (
    <div
      ref={panel}
      role="group"
      aria-labelledby={questionId}
      aria-describedby={consequenceId}
      className="flex basis-full flex-wrap items-center gap-x-4 gap-y-3 rounded-lg border border-danger-line bg-danger-soft p-3 motion-safe:animate-arrive sm:p-4"
    >
      <div className="min-w-0 flex-[1_1_16rem] text-sm text-pretty">
        <p id={questionId} className="font-semibold">
          {question}
        </p>
        <p id={consequenceId} className="mt-0.5 text-muted">
          {consequence}
        </p>
      </div>
      <div className="flex flex-wrap gap-2">
        <Button ref={confirm} look="danger" busy={busy} onClick={() => void proceed()} {...answering}>
          {busy ? busyLabel : confirmLabel}
        </Button>
        {!busy && (
          <Button onClick={() => disarm({ focus: true })} {...answering}>
            Cancel
          </Button>
        )}
      </div>
    </div>
  )
}
