import type { ReactNode } from 'react'
import { toProblem } from '../../api/problem.js'
import { useProviders } from '../../api/linked-providers.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { describeProblem } from '../../i18n/problem.js'
import { words } from '../../i18n/words.js'
import { Button } from '../../ui/button.js'
import { CheckBox } from '../../ui/check-box.js'
import { Field } from '../../ui/field.js'
import { type FieldErrors, type Refusal, useForm } from '../../ui/form.js'
import { SelectField } from '../../ui/select-field.js'
import {
  deviceKinds,
  fieldsIn,
  type FilterFields,
  filterIn,
  findMistakes,
  plainMethods,
  refusedFields,
  times,
} from './session-filter.js'

const PROVIDER = 'provider:'
const field = { required: false, autoComplete: 'off', spellCheck: false } as const

interface FilterFormProps {
  /** They fill the form at first. */
  fields: FilterFields
  /** Rejects if the API refuses them. */
  onFind: (fields: FilterFields) => Promise<void>
}

/** The conditions for sessions. A field that is left empty is no condition. */
export function FilterForm({ fields, onFind }: FilterFormProps) {
  const { t } = useI18n()
  const { form, errors, summary, busy } = useForm({
    check: (data, form) =>
      findMistakes(data, form, {
        incomplete: (name) => words((t) => t('admin.sessions.incomplete', { field: t(`admin.sessions.${name}`) })),
        notLater: (name, than) =>
          words((t) =>
            t('admin.sessions.notLater', { field: t(`admin.sessions.${name}`), than: t(`admin.sessions.${than}`) }),
          ),
      }),
    submit: async (data) => {
      const typed = fieldsIn(data)
      if (Object.keys(filterIn(typed)).length === 0) throw new EmptyFilterError()
      await onFind(typed).catch((error: unknown) => {
        throw new RefusedFilterError(typed, error)
      })
    },
    explain: explainRefusal,
  })
  const of = (name: string) => ({ ...field, name, defaultValue: fields[name], error: errors[name] })
  return (
    <form {...form} className="mt-4 grid gap-6">
      {summary}
      <Group title={t('admin.sessions.who')}>
        <Field {...of('user')} label={t('admin.sessions.user')} />
        <Field {...of('address')} label={t('admin.sessions.address')} hint={t('admin.sessions.addressHint')} />
        <Field
          {...of('country')}
          label={t('admin.sessions.country')}
          hint={t('admin.sessions.countryHint')}
          maxLength={2}
        />
        <MethodField chosen={fields['method'] ?? ''} />
      </Group>
      <DeviceGroup fields={fields} errors={errors} />
      <Times fields={fields} errors={errors} />
      <div>
        <Button type="submit" look="primary" busy={busy}>
          {t('admin.sessions.submit')}
        </Button>
      </div>
    </form>
  )
}

/** It would mean everybody. */
class EmptyFilterError extends Error {}

class RefusedFilterError extends Error {
  constructor(
    readonly fields: FilterFields,
    cause: unknown,
  ) {
    super('The API refuses the filter', { cause })
  }
}

function explainRefusal(error: unknown): Refusal {
  if (error instanceof EmptyFilterError) return { summary: words((t) => t('admin.sessions.empty')) }
  const cause = error instanceof RefusedFilterError && error.cause instanceof Error ? error.cause : undefined
  const names = cause && error instanceof RefusedFilterError ? refusedFields(cause.message, error.fields) : []
  if (names.length === 0) return { summary: describeProblem(toProblem(cause ?? error)) }
  return {
    fields: Object.fromEntries(names.map((name) => [name, words((t) => t(`admin.sessions.refused.${name}`))])),
  }
}

interface GroupProps {
  fields: FilterFields
  errors: FieldErrors
}

function DeviceGroup({ fields, errors }: GroupProps) {
  const { t } = useI18n()
  const of = (name: string) => ({ ...field, name, defaultValue: fields[name], error: errors[name] })
  return (
    <Group title={t('admin.sessions.device')}>
      <SelectField name="kind" label={t('admin.sessions.kind')} defaultValue={fields['kind']}>
        <option value="">{t('admin.sessions.any')}</option>
        {deviceKinds.map((kind) => (
          <option key={kind} value={kind}>
            {t(`devices.kind.${kind}`)}
          </option>
        ))}
      </SelectField>
      <Field {...of('browser')} label={t('admin.sessions.browser')} />
      <Field {...of('system')} label={t('admin.sessions.system')} />
      <Field {...of('userAgent')} label={t('admin.sessions.userAgent')} />
      <CheckBox
        name="newDevice"
        label={t('admin.sessions.newDevice')}
        defaultChecked={fields['newDevice'] !== undefined}
      />
    </Group>
  )
}

function Times({ fields, errors }: GroupProps) {
  const { t } = useI18n()
  return (
    <Group title={t('admin.sessions.when')}>
      {times.map((name) => (
        <Field
          {...field}
          key={name}
          name={name}
          label={t(`admin.sessions.${name}`)}
          error={errors[name]}
          defaultValue={fields[name]}
          type="datetime-local"
        />
      ))}
    </Group>
  )
}

/** Fields that belong together. */
function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <fieldset className="min-w-0">
      <legend className="mb-3 text-sm font-semibold text-muted">{title}</legend>
      <div className="grid grid-cols-1 items-start gap-4 sm:grid-cols-2">{children}</div>
    </fieldset>
  )
}

/** Providers that cannot be asked for are left out, except for the chosen one. */
function MethodField({ chosen }: { chosen: string }) {
  const { t } = useI18n()
  const { data } = useProviders()
  const chosenProvider = chosen.startsWith(PROVIDER) ? [chosen.slice(PROVIDER.length)] : []
  const providers = data?.available ?? chosenProvider.map((id) => ({ id, name: id }))
  return (
    <SelectField name="method" label={t('admin.sessions.method')} defaultValue={chosen}>
      <option value="">{t('admin.sessions.any')}</option>
      {plainMethods.map((kind) => (
        <option key={kind} value={kind}>
          {t(`facts.method.${kind}`)}
        </option>
      ))}
      {providers.map(({ id, name }) => (
        <option key={id} value={`${PROVIDER}${id}`}>
          {t('facts.method.provider', { provider: name })}
        </option>
      ))}
    </SelectField>
  )
}
