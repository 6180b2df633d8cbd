import { useState } from 'react'
import { type Operation, useApi } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import type { I18n } from '../../i18n/i18n.js'
import { isolate } from '../../i18n/isolate.js'
import { Time } from '../../i18n/time.js'
import { words } from '../../i18n/words.js'
import type { Outcome } from '../../ui/confirm-button.js'
import { useKeptFocus } from '../../ui/use-kept-focus.js'
import { useNow } from '../../ui/use-now.js'
import { ConfirmWithProof } from '../proof/confirm-with-proof.js'
import { useResumption } from '../proof/use-resumption.js'
import { describeFilter } from './describe-filter.js'
import { QueryState } from './query-state.js'
import { Section } from '../../ui/section.js'
import { useChange } from './use-change.js'
import { isRunning, useOperations } from './use-operations.js'

/** An administrator can stop or resume it. The command alone resumes one on everybody, or a mass reset of passwords. */
function controlOf(operation: Operation): 'stop' | 'resume' | null {
  const { progress, state, filter, action } = operation
  if (progress === null) return null
  if (isRunning(operation)) return 'stop'
  return state !== 'done' && filter !== null && action === 'revoke' ? 'resume' : null
}

export function Operations() {
  const { t } = useI18n()
  const { operations } = useApi().admin
  const now = useNow()
  const query = useOperations()
  const change = useChange()
  /** The id of the one that waited for a proof. */
  const [again, setAgain] = useState<string | null>(null)
  const controls = {
    stop: (id: string) =>
      change(async () => {
        await operations.stop.mutate({ id })
        return words((t) => t('admin.operations.stopDone'))
      }),
    resume: (id: string) =>
      change(async () => {
        await operations.resume.mutate({ id })
        return words((t) => t('admin.operations.resumeDone'))
      }),
  }
  useResumption({
    'stop-operation': ({ id }) => controls.stop(id),
    'resume-operation': async ({ id }) => {
      setAgain(id)
      return { kind: 'done' }
    },
  })
  return (
    <Section title={t('admin.operations.heading')} means={t('admin.operations.means')}>
      <QueryState query={query} />
      {query.data?.length === 0 && <p className="mt-4 text-muted">{t('admin.operations.none')}</p>}
      <ul aria-label={t('admin.operations.list')} className="mt-2 divide-y divide-line empty:hidden">
        {query.data?.map((operation) => (
          <OperationItem
            key={operation.id}
            operation={operation}
            now={now}
            isAgain={operation.id === again}
            controls={controls}
          />
        ))}
      </ul>
    </Section>
  )
}

interface OperationItemProps {
  operation: Operation
  now: number
  /** Whether it waited for a proof, and is to be asked again. */
  isAgain: boolean
  controls: Record<'stop' | 'resume', (id: string) => Promise<Outcome>>
}

function OperationItem({ operation, now, ...controlled }: OperationItemProps) {
  const i18n = useI18n()
  const { t } = i18n
  const { at, filter, people, startedBy, reason, note, progress } = operation
  const revoked = revokedText(i18n, operation)
  const control = controlOf(operation)
  const row = useKeptFocus<HTMLLIElement>(`${control}`)
  return (
    <li {...row} data-row={operation.id} className="flex flex-wrap items-center gap-x-4 gap-y-3 py-3">
      <div id={factsIdOf(operation)} className="min-w-0 flex-[1_1_15rem] wrap-anywhere">
        <p className="font-medium">
          {actionName(i18n, operation)} · {t(`admin.operations.state.${stateOf(operation)}`)}
        </p>
        <p className="text-sm text-muted first-letter:uppercase">
          <Time value={at}>{i18n.shortTime(at, now)}</Time> {t('admin.operations.by', { name: isolate(startedBy) })}
          {revoked !== '' && ` · ${revoked}`}
        </p>
        <p className="text-sm text-muted">
          {filter === null ? t('admin.operations.everybody') : describeFilter(i18n, filter, people)}
        </p>
        {(reason !== '' || note !== '') && <p className="text-sm">{[reason, note].filter(Boolean).join(' · ')}</p>}
        {progress && isRunning(operation) && (
          <progress
            value={progress.share}
            aria-label={t('admin.operations.progress')}
            className="mt-2 h-2 w-full appearance-none overflow-hidden rounded-full bg-sunken forced-color-adjust-none [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-accent"
          />
        )}
      </div>
      {control && <Control operation={operation} name={control} {...controlled} />}
    </li>
  )
}

const factsIdOf = ({ id }: Operation): string => `operation-${id}`

interface ControlProps extends Omit<OperationItemProps, 'now'> {
  name: 'stop' | 'resume'
}

function Control({ operation, name, isAgain, controls }: ControlProps) {
  const { t } = useI18n()
  const { id } = operation
  return (
    <ConfirmWithProof
      key={`${name}${isAgain}`}
      askedAgain={isAgain && name === 'resume' ? t('admin.operations.resumeAgain') : undefined}
      label={t(`admin.operations.${name}`)}
      question={t(`admin.operations.${name}Ask`)}
      consequence={t(`admin.operations.${name}Means`)}
      confirmLabel={t(`admin.operations.${name}Yes`)}
      busyLabel={t('admin.person.busy')}
      describedBy={factsIdOf(operation)}
      onConfirm={() => controls[name](id)}
      pending={{ name: `${name}-operation`, input: { id } }}
    />
  )
}

const actions = [
  'revoke',
  'require-password-reset',
  'ban',
  'unban',
  'add-administrator',
  'remove-administrator',
] as const

function actionName({ t }: I18n, { action }: Operation): string {
  return t(`admin.operations.action.${actions.find((known) => known === action) ?? 'other'}`)
}

const withoutRevocation = new Set(['unban', 'add-administrator', 'remove-administrator'])

/** How many sessions were signed out, as far as that is known. */
function revokedText({ t }: I18n, operation: Operation): string {
  const { action, revoked } = operation
  if (withoutRevocation.has(action)) return ''
  if (revoked === null) return t('admin.operations.revokedUnknown')
  const isLeast = ['failed', 'interrupted'].includes(stateOf(operation))
  return t(isLeast ? 'admin.operations.revokedAtLeast' : 'admin.operations.revoked', { count: revoked })
}

const states = ['running', 'interrupted', 'stopped', 'done'] as const

function stateOf({ state }: Operation) {
  return states.find((known) => known === state) ?? 'failed'
}
