import { createContext, use, useEffect, useRef, useState } from 'react'
import { useSession } from './session.js'
import { type Device, trpc } from './trpc.js'
import { toProblem } from './words/problem.js'

/** Whether the devices on the page follow what happens; null until that is known. */
export type Live = boolean | null

export const LiveContext = createContext<Live>(null)

export function useIsLive(): Live {
  return use(LiveContext)
}

/** How long after a stream has broken it is opened again; by chance up to twice that, so that not all pages come at once. */
const RETRY_MS = 2_000

/** What is known of the devices, as one tab tells it to the others. */
interface Told {
  live: boolean
  devices?: Device[] | undefined
}

const QUESTION = 'what is known?'

/**
 * Keeps the list of devices as the server tells it, and leaves when the session ends. One tab of a browser
 * listens for all: a server that speaks HTTP/1.1 gets no more than six connections from it.
 *
 * @param sessionId of the session that this page is signed in as, once that is known
 */
export function useLive(sessionId: string | undefined): Live {
  const session = useSession()
  const utils = trpc.useUtils()
  const listens = useTurn(sessionId)
  const [told, setTold] = useState<Told | null>(null)
  const [broken, setBroken] = useState(false)
  const channel = useRef<BroadcastChannel>(null)

  const { status, error } = trpc.devices.changes.useSubscription(undefined, {
    enabled: listens && !broken,
    onData(message) {
      if (message.type === 'ended') void session.ended(message)
      else if (message.type === 'waiting') setTold({ live: false })
      else if (message.devices.some(({ id, isCurrent }) => isCurrent && id === sessionId)) setTold({ live: true, devices: message.devices })
      else void utils.invalidate() // the cookie has become another session's
    },
    onComplete: () => setBroken(true),
    onError(error) {
      if (toProblem(error).kind === 'unauthorized') void session.refused()
      setBroken(true)
    },
  })
  useEffect(() => {
    if (!broken) return
    const timer = setTimeout(() => setBroken(false), RETRY_MS * (1 + Math.random()))
    return () => clearTimeout(timer)
  }, [broken])

  const heard = told?.live ?? (error || broken ? false : null)
  const live = heard && listens ? status === 'pending' : heard
  const devices = told?.devices

  useEffect(() => {
    // An answer on its way may be older than what was told.
    if (devices) void utils.devices.list.cancel().then(() => utils.devices.list.setData(undefined, devices))
  }, [devices, utils])

  const known = useRef<Told>({ live: false })
  useEffect(() => {
    if (sessionId === undefined) return
    const own = new BroadcastChannel(`rollcall.devices.${sessionId}`)
    channel.current = own
    own.addEventListener('message', ({ data }: MessageEvent<Told | typeof QUESTION>) => {
      if (data !== QUESTION) setTold(data)
      else if (listens) own.postMessage(known.current)
    })
    if (!listens) own.postMessage(QUESTION)
    return () => {
      own.close()
      channel.current = null
    }
  }, [sessionId, listens])

  useEffect(() => {
    known.current = { live: live === true, devices }
    if (listens) channel.current?.postMessage(known.current)
  }, [live, devices, listens])

  return live
}

/** Whether it is this tab's turn to listen for the browser. The turn passes on when a tab closes or leaves. */
function useTurn(sessionId: string | undefined): boolean {
  const [isOurs, setIsOurs] = useState(false)
  useEffect(() => {
    if (sessionId === undefined) return
    const left = new AbortController()
    const { signal } = left
    const turn = (): Promise<void> => {
      setIsOurs(true)
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
    }
    // Not there on plain http, except on localhost: then each tab listens for itself.
    const locks: LockManager | null | undefined = navigator.locks
    if (locks) locks.request(`rollcall.listens.${sessionId}`, { signal }, turn).catch(() => undefined)
    else void turn()
    return () => {
      left.abort()
      setIsOurs(false)
    }
  }, [sessionId])
  return isOurs
}
