import { CircleCheck, X } from 'lucide-react'
import { createContext, type ReactNode, use, useCallback, useEffect, useEffectEvent, useRef, useState } from 'react'
import { useWords } from '../words/use-words.js'

/** How long a message stays, counted anew when the pointer or the focus leaves it. */
const SHOWN_MS = 8_000

type Say = (message: string) => void
const SayContext = createContext<Say | null>(null)

/** Announces what has happened, for eyes and for screen readers. */
export function useSay(): Say {
  const say = use(SayContext)
  if (!say) throw new Error('useSay needs <Toasts>')
  return say
}

export function Toasts({ children }: { children: ReactNode }) {
  const { t } = useWords()
  const [items, setItems] = useState<{ id: number; message: string }[]>([])
  const nextId = useRef(0)
  const say = useCallback((message: string) => {
    const id = nextId.current++
    setItems((all) => [...all, { id, message }])
  }, [])

  return (
    <SayContext value={say}>
      {children}
      {/* There before any message: a live region that comes with its words may not be read. */}
      <div
        role="log"
        aria-label={t('layout.messages')}
        className="pointer-events-none fixed inset-x-4 bottom-4 z-50 flex flex-col gap-2 sm:left-auto sm:w-96"
      >
        {items.map(({ id, message }) => (
          <Toast key={id} message={message} onGone={() => setItems((all) => all.filter((item) => item.id !== id))} />
        ))}
      </div>
    </SayContext>
  )
}

function Toast({ message, onGone }: { message: string; onGone: () => void }) {
  const { t } = useWords()
  const [pointed, setPointed] = useState(false)
  const [focused, setFocused] = useState(false)
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
      className="pointer-events-auto flex items-center gap-3 rounded-xl bg-ink py-1.5 pr-1.5 pl-4 text-[0.9375rem] text-paper shadow-float motion-safe:animate-arrive"
    >
      <CircleCheck aria-hidden className="size-5 shrink-0" />
      <p className="min-w-0 flex-1 py-2">{message}</p>
      <button
        type="button"
        aria-label={t('layout.dismiss')}
        onClick={onGone}
        className="grid size-11 shrink-0 cursor-pointer place-items-center rounded-lg focus-visible:outline-paper"
      >
        <X aria-hidden className="size-5" />
      </button>
    </div>
  )
}
