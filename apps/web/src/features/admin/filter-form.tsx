import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { alone, type SessionFilter, useApi } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Button } from '../../ui/button.js'
import { CheckBox } from '../../ui/check-box.js'
import { Field } from '../../ui/field.js'
import { type FieldErrors, useForm } from '../../ui/form.js'
import { SelectField } from '../../ui/select-field.js'
import { providersKey } from '../providers/providers-key.js'
import { deviceKinds, filterIn, findMistakes, plainMethods, times } from './session-filter.js'

const field = { required: false, autoComplete: 'off', spellCheck: false } as const

/** The conditions for sessions. A field that is left empty is no condition. */
export function FilterForm({ onFind }: { onFind: (filter: SessionFilter) => void }) {
  const { t } = useI18n()
  const { form, errors, summary } = useForm({
    check: (data) =>
      findMistakes(data, {
        incomplete: (name) => t('admin.sessions.incomplete', { field: t(`admin.sessions.${name}`) }),
        notLater: (name, than) =>
          t('admin.sessions.notLater', { field: t(`admin.sessions.${name}`), than: t(`admin.sessions.${than}`) }),
      }),
    submit: async (data) => {
      const filter = filterIn(data)
      if (Object.keys(filter).length === 0) throw new Error('An empty filter would mean everybody')
      onFind(filter)
    },
    explain: () => ({ summary: t('admin.sessions.empty') }),
  })
  return (
    <form {...form} className="mt-4 grid gap-6">
      {summary}
      <Group title={t('admin.sessions.who')}>
        <Field {...field} name="user" label={t('admin.sessions.user')} />
        <Field {...field} name="address" label={t('admin.sessions.address')} hint={t('admin.sessions.addressHint')} />
        <Field
          {...field}
          name="country"
          label={t('admin.sessions.country')}
          hint={t('admin.sessions.countryHint')}
          maxLength={2}
        />
        <MethodField />
      </Group>
      <Group title={t('admin.sessions.device')}>
        <SelectField name="kind" label={t('admin.sessions.kind')}>
          <option value="">{t('admin.sessions.any')}</option>
          {deviceKinds.map((kind) => (
            <option key={kind} value={kind}>
              {t(`devices.kind.${kind}`)}
            </option>
          ))}
        </SelectField>
        <Field {...field} name="browser" label={t('admin.sessions.browser')} />
        <Field {...field} name="system" label={t('admin.sessions.system')} />
        <Field {...field} name="userAgent" label={t('admin.sessions.userAgent')} />
        <CheckBox name="newDevice" label={t('admin.sessions.newDevice')} />
      </Group>
      <Times errors={errors} />
      <div>
        <Button type="submit" look="primary">
          {t('admin.sessions.submit')}
        </Button>
      </div>
    </form>
  )
}

function Times({ errors }: { errors: FieldErrors }) {
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

/** Providers that cannot be asked for are left out. */
function MethodField() {
  const { t } = useI18n()
  const api = useApi()
  const { data } = useQuery({ queryKey: providersKey, queryFn: () => api.providers.list.query(undefined, alone) })
  return (
    <SelectField name="method" label={t('admin.sessions.method')}>
      <option value="">{t('admin.sessions.any')}</option>
      {plainMethods.map((kind) => (
        <option key={kind} value={kind}>
          {t(`facts.method.${kind}`)}
        </option>
      ))}
      {data?.available.map(({ id, name }) => (
        <option key={id} value={`provider:${id}`}>
          {t('facts.method.provider', { provider: name })}
        </option>
      ))}
    </SelectField>
  )
}
