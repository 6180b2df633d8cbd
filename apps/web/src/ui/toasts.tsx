import { CircleCheck, X } from 'lucide-react'
import { Toast } from 'radix-ui'
import { createContext, type ReactNode, use, useCallback, useRef, useState } from 'react'

type Say = (message: string) => void
const SayContext = createContext<Say | null>(null)

/** Announces what has happened, for eyes and for screen readers. */
export function useSay(): Say {
  const say = use(SayContext)
  if (!say) throw new Error('useSay needs <Toasts>')
  return say
}

export function Toasts({ children }: { children: ReactNode }) {
  const [items, setItems] = useState<{ id: number; message: string }[]>([])
  const nextId = useRef(0)
  const say = useCallback((message: string) => {
    const id = nextId.current++
    setItems((all) => [...all, { id, message }])
  }, [])
  const remove = (id: number) => setItems((all) => all.filter((item) => item.id !== id))

  return (
    <SayContext value={say}>
      <Toast.Provider duration={8_000} label="Message">
        {children}
        {items.map(({ id, message }) => (
          <Toast.Root
            key={id}
            type="background"
            onOpenChange={(open) => !open && remove(id)}
            className="flex items-center gap-3 rounded-xl bg-ink py-1.5 pr-1.5 pl-4 text-[0.9375rem] text-paper shadow-float motion-safe:animate-arrive"
          >
            <CircleCheck aria-hidden className="size-5 shrink-0" />
            <Toast.Title className="min-w-0 flex-1 py-2">{message}</Toast.Title>
            <Toast.Close
              aria-label="Dismiss"
              className="grid size-11 shrink-0 cursor-pointer place-items-center rounded-lg focus-visible:outline-paper"
            >
              <X aria-hidden className="size-5" />
            </Toast.Close>
          </Toast.Root>
        ))}
        <Toast.Viewport className="fixed inset-x-4 bottom-4 z-50 flex flex-col gap-2 sm:left-auto sm:w-96" />
      </Toast.Provider>
    </SayContext>
  )
}
