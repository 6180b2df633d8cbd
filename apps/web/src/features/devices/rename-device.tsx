import { devicesKey } from '@rollcall/react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { KeyboardEvent, ReactNode } from 'react'
import { toProblem } from '../../api/problem.js'
import { type Device, useApi } from '../../api/trpc.js'
import { browserName } from '../../i18n/device-name.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { isolate } from '../../i18n/isolate.js'
import { describeProblem } from '../../i18n/problem.js'
import { words } from '../../i18n/words.js'
import { Button } from '../../ui/button.js'
import { Field } from '../../ui/field.js'
import { text, useForm } from '../../ui/form.js'
import { useFirstField } from '../../ui/use-first-field.js'
import { useToast } from '../../ui/toasts.js'

const LONGEST = 50

/** Asks for a name in place of the button. An empty one takes the name back. */
export function RenameDevice({ device, id, onClose }: { device: Device; id: string; onClose: () => void }) {
  const i18n = useI18n()
  const { t } = i18n
  const browser = browserName(i18n, device)
  const showToast = useToast()
  const queryClient = useQueryClient()
  const api = useApi()
  const rename = useMutation({
    mutationFn: (input: { id: string; name: string }) => api.devices.rename.mutate(input),
    onSettled: () => queryClient.invalidateQueries({ queryKey: devicesKey }),
  })
  const element = useFirstField()
  const field = `name-${device.id}`

  const { form, errors, summary, busy } = useForm({
    check: () => ({}),
    submit: async (data) => {
      const name = text(data, field).trim()
      const { renamed } = await rename.mutateAsync({ id, name })
      showToast(renamed === 0 ? words((t) => t('rename.gone')) : describeName(device, name))
      onClose()
    },
    explain: (error) => {
      const problem = toProblem(error)
      return problem.kind === 'invalid'
        ? { fields: { [field]: words((t) => t('fields.badName', { max: LONGEST })) } }
        : { summary: describeProblem(problem) }
    },
  })

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !busy) onClose()
  }

  return (
    <form
      {...form}
      ref={element}
      data-question
      className="grid basis-full gap-3 rounded-lg border border-line p-3 motion-safe:animate-arrive sm:p-4"
    >
      {summary}
      <Field
        name={field}
        label={t('rename.label')}
        hint={t('rename.hint', { browser })}
        defaultValue={device.name ?? ''}
        maxLength={LONGEST}
        required={false}
        autoComplete="off"
        onKeyDown={onKeyDown}
        error={errors[field]}
      />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="primary" busy={busy}>
          {busy ? t('rename.busy') : t('rename.submit')}
        </Button>
        {!busy && <Button onClick={onClose}>{t('common.cancel')}</Button>}
      </div>
    </form>
  )
}

function describeName(device: Device, name: string): ReactNode {
  return words((t, i18n) =>
    name === ''
      ? t('rename.undone', { browser: browserName(i18n, device) })
      : t('rename.done', { name: isolate(name) }),
  )
}
