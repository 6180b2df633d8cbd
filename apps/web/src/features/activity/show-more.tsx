import { useEffect, useEffectEvent, useRef } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Button } from '../../ui/button.js'

/** How far below the window the end of the list may be when more is fetched, so that a scroll rarely meets it. */
const AHEAD = '600px'

interface ShowMoreProps {
  busy: boolean
  onPress: () => void
  /** Left out after a failure: scrolling must not ask again and again. */
  onNear: (() => void) | undefined
}

/** The end of a list with more pages: loads the next when it comes near, or by a button. */
export function ShowMore({ busy, onPress, onNear }: ShowMoreProps) {
  const { t } = useI18n()
  const button = useRef<HTMLButtonElement>(null)
  const reportNear = useEffectEvent(() => onNear?.())
  const watching = !busy && onNear !== undefined

  useEffect(() => {
    if (!watching || !button.current) return
    const near = new IntersectionObserver(([entry]) => entry?.isIntersecting && reportNear(), { rootMargin: AHEAD })
    near.observe(button.current)
    return () => near.disconnect()
  }, [watching])

  return (
    <Button ref={button} busy={busy} onClick={onPress}>
      {busy ? t('activity.moreBusy') : t('activity.more')}
    </Button>
  )
}
