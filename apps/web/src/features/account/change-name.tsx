import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { toProblem } from '../../api/problem.js'
import { useApi } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { describeProblem } from '../../i18n/problem.js'
import { words } from '../../i18n/words.js'
import { Button } from '../../ui/button.js'
import { Field } from '../../ui/field.js'
import { text, useForm } from '../../ui/form.js'
import { Message } from '../../ui/message.js'
import { fieldErrors, LONGEST_NAME } from '../forms/auth-errors.js'
import { useSession } from '../session/session.js'

export function ChangeName({ name }: { name: string }) {
  const { t } = useI18n()
  const api = useApi()
  const session = useSession()
  const queryClient = useQueryClient()
  const [changed, setChanged] = useState(false)

  const { form, errors, summary, busy } = useForm({
    check: (data) => {
      setChanged(false)
      return fieldErrors({ name: text(data, 'name').trim() === '' ? words((t) => t('fields.enterName')) : undefined })
    },
    submit: async (data) => {
      await api.account.changeName.mutate({ name: text(data, 'name') })
      setChanged(true)
      await queryClient.invalidateQueries({ queryKey: ['session', 'current'] })
    },
    explain: (error) => {
      session.handleError(error)
      const problem = toProblem(error)
      return problem.kind === 'invalid'
        ? { fields: { name: words((t) => t('fields.badName', { max: LONGEST_NAME })) } }
        : { summary: describeProblem(problem) }
    },
  })

  return (
    <form {...form} className="mt-4 grid gap-4">
      {changed && <Message look="good">{t('accountPage.nameDone')}</Message>}
      {summary}
      <Field
        name="name"
        label={t('fields.name')}
        autoComplete="name"
        maxLength={LONGEST_NAME}
        defaultValue={name}
        error={errors['name']}
      />
      <div>
        <Button type="submit" look="primary" busy={busy}>
          {busy ? t('accountPage.nameBusy') : t('accountPage.nameSubmit')}
        </Button>
      </div>
    </form>
  )
}
