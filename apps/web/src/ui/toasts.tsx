import { CircleAlert, CircleCheck, X } from 'lucide-react'
import { createContext, type ReactNode, use, useCallback, useEffect, useEffectEvent, useRef, useState } from 'react'

/** How long a message stays, counted anew when the pointer or the focus leaves it. */
const SHOWN_MS = 8_000

/** `isBad`: something was not done. */
type ShowToast = (message: ReactNode, isBad?: boolean) => void
const ToastContext = createContext<ShowToast | null>(null)

/** Announces what has happened, for eyes and for screen readers. */
export function useToast(): ShowToast {
  const showToast = use(ToastContext)
  if (!showToast) throw new Error('useToast needs <Toasts>')
  return showToast
}

interface ToastsProps {
  /** The label of the live region. */
  label: string
  dismissLabel: string
  children: ReactNode
}

export function Toasts({ label, dismissLabel, children }: ToastsProps) {
  const [items, setItems] = useState<{ id: number; message: ReactNode; isBad: boolean | undefined }[]>([])
  const nextId = useRef(0)
  const showToast = useCallback((message: ReactNode, isBad?: boolean) => {
    const id = nextId.current++
    setItems((all) => [...all, { id, message, isBad }])
  }, [])

  return (
    <ToastContext value={showToast}>
      {children}
      {/* There before any message: a live region that comes with its text may not be read. */}
      <div
        role="log"
        aria-label={label}
        className="pointer-events-none fixed inset-x-4 bottom-4 z-50 flex flex-col gap-2 sm:left-auto sm:w-96"
      >
        {items.map(({ id, message, isBad }) => (
          <Toast
            key={id}
            message={message}
            isBad={isBad}
            dismissLabel={dismissLabel}
            onGone={() => setItems((all) => all.filter((item) => item.id !== id))}
          />
        ))}
      </div>
    </ToastContext>
  )
}

interface ToastProps {
  message: ReactNode
  isBad: boolean | undefined
  dismissLabel: string
  onGone: () => void
}

function Toast({ message, isBad, dismissLabel, onGone }: ToastProps) {
  const [pointed, setPointed] = useState(false)
  const [focused, setFocused] = useState(false)
  const Icon = isBad ? CircleAlert : CircleCheck
  const held = pointed || focused
  const gone = useEffectEvent(onGone)

  useEffect(() => {
    if (held) return
    const timer = setTimeout(() => gone(), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [held])

  return (
    <div
      onPointerEnter={() => setPointed(true)}
      onPointerLeave={() => setPointed(false)}
      onFocus={() => setFocused(true)}
      onBlur={() => setFocused(false)}
      className="pointer-events-auto flex items-center gap-3 rounded-xl border border-transparent bg-ink py-1.5 pr-1.5 pl-4 text-[0.9375rem] text-paper shadow-float motion-safe:animate-arrive"
    >
      <Icon aria-hidden className="size-5 shrink-0" />
      <p className="min-w-0 flex-1 py-2">{message}</p>
      <button
        type="button"
        aria-label={dismissLabel}
        onClick={onGone}
        className="grid size-11 shrink-0 cursor-pointer place-items-center rounded-lg focus-visible:outline-paper"
      >
        <X aria-hidden className="size-5" />
      </button>
    </div>
  )
}
