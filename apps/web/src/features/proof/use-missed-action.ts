import { useEffect, useEffectEvent } from 'react'
import { words } from '../../i18n/words.js'
import { useToast } from '../../ui/toasts.js'
import { dropMissedAction } from '../session/pending-action.js'

/**
 * Says that an action was not done, where no part of its page went on with it. The person learns it on leaving the page, or when
 * the time is up. Belongs above the pages, whose effects come first.
 */
export function useMissedAction(sessionId: string | undefined, path: string): void {
  const showToast = useToast()
  const say = useEffectEvent(() =>
    showToast(
      words((t) => t('layout.notDone')),
      true,
    ),
  )
  useEffect(() => {
    if (sessionId === undefined) return
    let timer: ReturnType<typeof setTimeout> | undefined
    const check = () => {
      const left = dropMissedAction(sessionId, path)
      if (left === 'missed') say()
      else if (left !== null) timer = setTimeout(check, left)
    }
    check()
    return () => clearTimeout(timer)
  }, [sessionId, path])
}
