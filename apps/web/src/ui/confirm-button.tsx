import {
  type FocusEvent,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react'
import { Button } from './button.js'
import { Message } from './message.js'
import { useGuarded } from './use-guarded.js'

export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly message: ReactNode }
  /** Nothing was done: a recent proof is needed first. */
  | { readonly kind: 'proof-needed' }

/** The part of the question that the form of the proof needs, because it replaces that question. */
export interface ProofRequest {
  readonly question: ReactNode
  readonly consequence?: string
  /** A choice that the person still has. */
  readonly choice?: ReactNode
  readonly confirmLabel: string
  readonly busyLabel: string
  /** How often in a row the API has asked for it: more than once if a proof was given in vain. */
  readonly attempt: number
  /** Continues with the action. Never rejects: the form that asked for the proof says why the action failed. */
  readonly onProved: () => Promise<void>
  readonly onCancel: () => void
}

export interface ConfirmButtonProps {
  label: string
  /** The look of the button that asks. Default: `secondary`. */
  look?: 'primary' | 'secondary'
  /** The label for those who do not see what stands beside it. Starts with the visible one. */
  accessibleLabel?: string
  question: string
  consequence: string
  confirmLabel: string
  busyLabel: string
  cancelLabel: string
  /** A choice that the person has with the answer, between the consequence and the buttons. */
  choice?: ReactNode
  describedBy?: string
  /** For the button; the question takes the whole row. */
  className?: string
  onConfirm: () => Promise<Outcome>
  /** Asks for the password in place of the question. */
  renderProof: (request: ProofRequest) => ReactNode
  /** It begins with the question, below these words why. They take the focus: a key typed before must not answer. */
  askedAgain?: string | undefined
}

const panelFrame = 'basis-full rounded-lg border p-3 motion-safe:animate-arrive sm:p-4'
const panelLook = {
  danger: `${panelFrame} border-danger-line bg-danger-soft`,
  neutral: `${panelFrame} border-line`,
}

/**
 * Asks twice in place: the first press only turns the button into the question. If the answer needs a password,
 * the form appears in the same place, and the action continues after it.
 */
export function ConfirmButton(props: ConfirmButtonProps) {
  const { label, accessibleLabel, describedBy, className = '', renderProof } = props
  const { step, ask, isFirst, failure, attempt, proceed, confirm, busy, disarm, trigger, panel } =
    useConfirmation(props)

  if (step === 'idle') {
    return (
      <>
        <Button
          ref={trigger}
          look={props.look ?? 'secondary'}
          onClick={ask}
          aria-label={accessibleLabel}
          aria-describedby={describedBy}
          className={className}
        >
          {label}
        </Button>
        {failure && (
          <Message look="bad" className="basis-full">
            {failure}
          </Message>
        )}
      </>
    )
  }

  if (step === 'password') {
    return (
      <div ref={panel} data-question className={panelLook.neutral}>
        {renderProof({
          question: props.question,
          consequence: props.consequence,
          choice: props.choice,
          confirmLabel: props.confirmLabel,
          busyLabel: props.busyLabel,
          attempt,
          onProved: proceed,
          onCancel: () => disarm({ focus: true }),
        })}
      </div>
    )
  }

  const why = isFirst ? props.askedAgain : undefined
  return <Question {...props} askedAgain={why} panel={panel} busy={busy} onYes={confirm} onLeave={disarm} />
}

/** The step between the first press and the outcome, and the focus at each step. */
function useConfirmation({ onConfirm, askedAgain }: Pick<ConfirmButtonProps, 'onConfirm' | 'askedAgain'>) {
  const [step, setStep] = useState<'idle' | 'asking' | 'password'>(askedAgain === undefined ? 'idle' : 'asking')
  /** Whether no button was pressed yet. */
  const [isFirst, setIsFirst] = useState(true)
  const [failure, setFailure] = useState<ReactNode>(null)
  const [attempt, setAttempt] = useState(0)
  const trigger = useRef<HTMLButtonElement>(null)
  const panel = useRef<HTMLDivElement>(null)
  const returnFocus = useRef(false)

  useEffect(() => {
    if (step !== 'idle' || !returnFocus.current) return
    returnFocus.current = false
    trigger.current?.focus()
  }, [step])

  const proceed = async () => {
    setFailure(null)
    const outcome = await onConfirm()
    if (outcome.kind === 'proof-needed') {
      setAttempt((before) => before + 1)
      return setStep('password')
    }
    if (outcome.kind === 'failed') setFailure(outcome.message)
    // A person who has moved on in the meantime keeps their place.
    returnFocus.current = panel.current?.contains(document.activeElement) ?? false
    setStep('idle')
  }
  const { run, busy } = useGuarded(proceed)

  const disarm = ({ focus }: { focus: boolean }) => {
    if (busy) return
    returnFocus.current = focus
    setStep('idle')
  }

  const ask = () => {
    setIsFirst(false)
    setAttempt(0)
    setStep('asking')
  }

  return { step, ask, isFirst, failure, attempt, proceed, confirm: run, busy, disarm, trigger, panel }
}

interface QuestionProps extends ConfirmButtonProps {
  panel: RefObject<HTMLDivElement | null>
  busy: boolean
  onYes: () => Promise<void>
  onLeave: (options: { focus: boolean }) => void
}

function Question({ panel, busy, onYes, onLeave, ...props }: QuestionProps) {
  const confirm = useRef<HTMLButtonElement>(null)
  const why = useRef<HTMLParagraphElement>(null)
  const questionId = useId()
  const consequenceId = useId()

  useEffect(() => (why.current ?? confirm.current)?.focus(), [])

  const onBlur = (event: FocusEvent) => {
    if (panel.current?.contains(event.relatedTarget)) return
    // Another window took the focus; within this one it stayed.
    if (event.target === document.activeElement) return
    onLeave({ focus: false })
  }

  // Safari does not focus a button that is pressed: the press would blur, and so disarm, what it presses.
  const onMouseDown = (event: MouseEvent) => event.preventDefault()

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation()
      onLeave({ focus: true })
    }
    // The Enter that armed the button, still held down, must not answer the question too.
    if (event.key === 'Enter' && event.repeat) event.preventDefault()
  }

  const answering = { onBlur, onKeyDown, onMouseDown }

  return (
    <div
      ref={panel}
      data-question
      role="group"
      aria-labelledby={questionId}
      aria-describedby={consequenceId}
      className={`flex flex-wrap items-center gap-x-4 gap-y-3 ${panelLook.danger}`}
    >
      {props.askedAgain !== undefined && !busy && (
        <p ref={why} tabIndex={-1} className="basis-full text-[0.9375rem] text-pretty">
          {props.askedAgain}
        </p>
      )}
      <div className="min-w-0 flex-[1_1_16rem] text-sm text-pretty">
        <p id={questionId} className="font-semibold">
          {props.question}
        </p>
        <p id={consequenceId} className="mt-0.5 text-muted">
          {props.consequence}
        </p>
      </div>
      {props.choice && (
        <div className="basis-full" {...answering}>
          {props.choice}
        </div>
      )}
      <div className="flex flex-wrap gap-3">
        <Button ref={confirm} look="danger" busy={busy} onClick={() => void onYes()} {...answering}>
          {busy ? props.busyLabel : props.confirmLabel}
        </Button>
        {!busy && (
          <Button onClick={() => onLeave({ focus: true })} {...answering}>
            {props.cancelLabel}
          </Button>
        )}
      </div>
    </div>
  )
}
