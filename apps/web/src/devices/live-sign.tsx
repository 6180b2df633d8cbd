import { useIsLive } from '../live.js'

/** Quiet: it is there to be found, and announces nothing. As large before the state is known as after. */
export function LiveSign() {
  const live = useIsLive()
  return (
    <p className={`mt-3 flex min-h-5 items-center gap-2 text-sm text-muted ${live === null ? 'invisible' : ''}`}>
      <span aria-hidden className={`size-2 rounded-full ${live ? 'bg-accent' : 'border border-current'}`} />
      {live === false ? 'Updates when you come back to this page' : 'Live'}
      {live && <span className="sr-only">: this list follows what happens</span>}
    </p>
  )
}
