import { useQueryClient } from '@tanstack/react-query'
import { type ComponentProps, type ReactNode, useRef, useState } from 'react'
import { toProblem } from '../../api/problem.js'
import type { Passkey } from '../../api/trpc.js'
import { usePasskeys } from '../../api/ways-in.js'
import { waysInKey } from '../../api/ways-in-key.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { words } from '../../i18n/words.js'
import { SuccessMessage } from '../../ui/success-message.js'
import { Section } from '../../ui/section.js'
import { useNow } from '../../ui/use-now.js'
import { useRowFocus } from '../../ui/use-row-focus.js'
import { ListProblem } from '../problems/list-problem.js'
import { useRemoval } from '../proof/use-removal.js'
import { useResumption } from '../proof/use-resumption.js'
import { withOthers } from '../proof/with-others.js'
import { AddPasskey } from './add-passkey.js'
import { arePasskeysUsable } from '../passkeys/are-usable.js'
import { explainCeremony } from '../passkeys/explain.js'
import { PasskeyRow } from './passkey-row.js'

/** The passkeys of the account: what they are called, when they were used, and how to add, rename and remove one. */
export function PasskeysSection() {
  const { t } = useI18n()
  const now = useNow()
  const queryClient = useQueryClient()
  const [done, setDone] = useState<ReactNode>(null)
  /** The passkey that was just added: it is asked for its name. */
  const [added, setAdded] = useState<string | null>(null)
  const list = usePasskeys()
  const state = list.data ? t('passkeys.count', { count: list.data.length }) : null
  const success = useRef<HTMLDivElement>(null)
  const rows = useRowFocus<HTMLUListElement, Passkey>({ rows: list.data ?? [], fallback: success })

  const refresh = async (message: ReactNode) => {
    setDone(message)
    await queryClient.invalidateQueries({ queryKey: waysInKey })
  }
  const remove = useRemoval('/passkey/remove', explainCeremony, ({ name, revokeOtherSessions }) =>
    refresh(words((t) => withOthers(t, t('passkeys.removed', { name }), revokeOtherSessions))),
  )
  useResumption({ 'remove-passkey': remove })

  return (
    <Section id="passkeys" title={t('passkeys.title')} state={state} means={t('passkeys.means')}>
      <SuccessMessage ref={success}>{done}</SuccessMessage>
      <div className="mt-4">
        {list.error && (
          <ListProblem
            problem={toProblem(list.error)}
            notLoaded={list.data ? null : t('passkeys.notLoaded')}
            busy={list.isFetching}
            onRetry={() => void list.refetch()}
          />
        )}
        {list.data && list.data.length > 0 && (
          <ul {...rows} aria-labelledby="passkeys" className="grid gap-4">
            {list.data.map((passkey) => (
              <PasskeyRow
                key={passkey.id}
                passkey={passkey}
                now={now}
                isNew={passkey.id === added}
                onDone={refresh}
                onRemove={remove}
              />
            ))}
          </ul>
        )}
      </div>
      {/* Not before the list is there, which would push it down. */}
      {!list.isPending && (
        <AddPart
          onStart={() => setDone(null)}
          onAdded={async (id) => {
            setAdded(id)
            await refresh(words((t) => t('passkeys.added')))
          }}
        />
      )}
    </Section>
  )
}

function AddPart(props: ComponentProps<typeof AddPasskey>) {
  const { t } = useI18n()
  return arePasskeysUsable() ? (
    <AddPasskey {...props} />
  ) : (
    <p className="mt-4 text-sm text-muted">{t('passkeys.notHere')}</p>
  )
}
