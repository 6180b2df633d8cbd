import { type ReactNode, useEffect, useId, useRef, useState } from 'react'
import type { Passkey } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { isolate } from '../../i18n/isolate.js'
import { Button } from '../../ui/button.js'
import { RemoveWayIn } from '../proof/remove-way-in.js'
import type { useRemoval } from '../proof/use-removal.js'
import { RenamePasskey } from './rename-passkey.js'

interface PasskeyRowProps {
  passkey: Passkey
  now: number
  /** It was just added: it asks for its name. */
  isNew: boolean
  /** With what happened, in words. */
  onDone: (message: ReactNode) => Promise<void>
  onRemove: ReturnType<typeof useRemoval>
}

export function PasskeyRow({ passkey, now, isNew, onDone, onRemove }: PasskeyRowProps) {
  const i18n = useI18n()
  const { t } = i18n
  const factsId = useId()
  const [isNaming, setIsNaming] = useState(isNew)
  const rename = useRef<HTMLButtonElement>(null)
  const wasNaming = useRef(isNaming)
  useEffect(() => {
    if (wasNaming.current && !isNaming) rename.current?.focus()
    wasNaming.current = isNaming
  }, [isNaming])
  const name = isolate(passkey.name ?? passkey.manager ?? t('passkeys.unnamed'))

  return (
    <li
      data-row={passkey.id}
      tabIndex={-1}
      className="flex flex-wrap items-center gap-x-4 gap-y-3 border-t border-line pt-4 first:border-0 first:pt-0"
    >
      <div id={factsId} className="min-w-0 flex-[1_1_12rem]">
        <p className="font-medium wrap-anywhere">{name}</p>
        <p className="text-sm text-muted">
          {passkey.createdAt !== null && t('passkeys.since', { when: i18n.shortTime(passkey.createdAt, now) })}{' '}
          {passkey.lastUsedAt === null
            ? t('passkeys.neverUsed')
            : t('waysIn.lastUsed', { when: i18n.shortTime(passkey.lastUsedAt, now) })}
        </p>
      </div>
      {isNaming ? (
        <RenamePasskey passkey={passkey} onDone={onDone} onClose={() => setIsNaming(false)} />
      ) : (
        <>
          <Button ref={rename} aria-label={t('passkeys.renameNamed', { name })} onClick={() => setIsNaming(true)}>
            {t('passkeys.rename')}
          </Button>
          <RemoveWayIn
            label={t('passkeys.remove')}
            accessibleLabel={t('passkeys.removeNamed', { name })}
            question={t('passkeys.removeAsk', { name })}
            consequence={t('waysIn.removeMeans')}
            confirmLabel={t('passkeys.removeYes')}
            busyLabel={t('passkeys.removing')}
            describedBy={factsId}
            action="remove-passkey"
            wayIn={{ id: passkey.id, name }}
            onRemove={onRemove}
          />
        </>
      )}
    </li>
  )
}
