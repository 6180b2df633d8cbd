import type { KeyboardEvent, ReactNode } from 'react'
import { toProblem } from '../../api/problem.js'
import { type Passkey, useApi } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { isolate } from '../../i18n/isolate.js'
import { describeProblem } from '../../i18n/problem.js'
import { words } from '../../i18n/words.js'
import { Button } from '../../ui/button.js'
import { Field } from '../../ui/field.js'
import { text, useForm } from '../../ui/form.js'
import { useFirstField } from '../../ui/use-first-field.js'
import { fieldErrors } from '../forms/auth-errors.js'
import { useSession } from '../session/session.js'

/** The API's own limit. */
const LONGEST = 50

interface RenamePasskeyProps {
  passkey: Passkey
  onDone: (message: ReactNode) => Promise<void>
  onClose: () => void
}

/** Asks for a name in place of the buttons. */
export function RenamePasskey({ passkey, onDone, onClose }: RenamePasskeyProps) {
  const { t } = useI18n()
  const api = useApi()
  const session = useSession()
  const element = useFirstField()
  const field = `passkey-${passkey.id}`

  const badName = words((t) => t('fields.badName', { max: LONGEST }))
  const { form, errors, summary, busy } = useForm({
    check: (data) =>
      fieldErrors({ [field]: text(data, field).trim() === '' ? words((t) => t('fields.enterName')) : undefined }),
    submit: async (data) => {
      const name = text(data, field).trim()
      const { renamed } = await api.passkeys.rename.mutate({ id: passkey.id, name })
      onClose()
      await onDone(
        renamed === 0 ? words((t) => t('passkeys.gone')) : words((t) => t('passkeys.renamed', { name: isolate(name) })),
      )
    },
    explain: (error) => {
      session.handleError(error)
      const problem = toProblem(error)
      return problem.kind === 'invalid' ? { fields: { [field]: badName } } : { summary: describeProblem(problem) }
    },
  })

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !busy) onClose()
  }

  return (
    <form {...form} ref={element} className="grid basis-full gap-3 rounded-lg border border-line p-3 sm:p-4">
      {summary}
      <Field
        name={field}
        label={t('passkeys.nameLabel')}
        hint={t('passkeys.nameHint')}
        defaultValue={passkey.name ?? passkey.manager ?? ''}
        maxLength={LONGEST}
        autoComplete="off"
        onKeyDown={onKeyDown}
        error={errors[field]}
      />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="primary" busy={busy}>
          {busy ? t('passkeys.naming') : t('passkeys.nameSave')}
        </Button>
        {!busy && <Button onClick={onClose}>{t('common.cancel')}</Button>}
      </div>
    </form>
  )
}
