import { useLocation } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useProviders } from '../../api/linked-providers.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Message } from '../../ui/message.js'
import type { PendingAction } from '../session/pending-action.js'
import { accountPathOf, useSession } from '../session/session.js'
import { goToProvider } from '../providers/go-to-provider.js'
import { ProviderButton } from '../providers/provider-buttons.js'

/** Confirms at a provider who the person is. They come back to this page, which goes on with what is pending. */
export default function ProviderProof({ pending }: { pending: PendingAction | null }): ReactNode {
  const { t } = useI18n()
  const session = useSession()
  const path = useLocation({ select: ({ pathname }) => pathname })
  const [failure, setFailure] = useState<ReactNode>(null)
  const list = useProviders({ retry: false })
  const usable = list.data?.linked.filter(({ canProve }) => canProve) ?? []
  if (usable.length === 0) return null
  return (
    <div className="grid justify-items-start gap-3">
      {usable.map(({ id, name, provider }) => (
        <ProviderButton
          key={id}
          label={t('providers.prove', { name })}
          go={() => goToProvider('prove', { provider, returnTo: accountPathOf(path) }, pending)}
          onFailure={(message, error) => {
            if (error !== undefined) session.handleError(error)
            setFailure(message)
          }}
        />
      ))}
      {failure !== null && <Message look="bad">{failure}</Message>}
    </div>
  )
}
