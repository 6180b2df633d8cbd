import { type ReactNode, useState } from 'react'
import { toProblem } from '../../api/problem.js'
import { useApi } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { describeProblem } from '../../i18n/problem.js'
import { words } from '../../i18n/words.js'
import { Button } from '../../ui/button.js'
import { Message } from '../../ui/message.js'
import { saveFile } from '../../ui/save-file.js'
import { useToast } from '../../ui/toasts.js'
import { useGuarded } from '../../ui/use-guarded.js'
import { type Format, formats, readAllActivity, toText } from './download.js'
import { type KindFilter, kindFilters } from './kind-filter.js'

interface ActivityFilterProps {
  filter: KindFilter
  onChange: (filter: KindFilter) => void
}

/** Which events are shown, and a file of all of them. */
export function ActivityFilter({ filter, onChange }: ActivityFilterProps) {
  const { t } = useI18n()
  const { download, busy, failure } = useDownload(filter)
  return (
    <div className="mb-4 flex flex-wrap items-center justify-between gap-3">
      <select
        aria-label={t('activity.which')}
        value={filter}
        onChange={({ target }) => {
          const chosen = kindFilters.find((one) => one === target.value)
          if (chosen) onChange(chosen)
        }}
        className="min-h-11 max-w-full flex-[0_1_16rem] rounded-lg border border-edge bg-surface px-3 py-2 text-base text-ink"
      >
        {kindFilters.map((one) => (
          <option key={one} value={one}>
            {t(`activity.kind.${one}`)}
          </option>
        ))}
      </select>
      <div role="group" aria-label={t('activity.download')} className="flex flex-wrap items-center gap-2">
        <span aria-hidden className="mr-1 text-sm text-muted">
          {t('activity.download')}
        </span>
        {formats.map((format) => (
          <Button
            key={format}
            busy={busy === format}
            aria-label={t('activity.downloadAs', { format })}
            onClick={() => void download(format)}
          >
            {format}
          </Button>
        ))}
      </div>
      {failure && (
        <Message look="bad" className="basis-full">
          <p className="font-semibold">{t('activity.downloadFailed')}</p>
          <p>{failure}</p>
        </Message>
      )}
    </div>
  )
}

function useDownload(filter: KindFilter) {
  const api = useApi()
  const showToast = useToast()
  const [format, setFormat] = useState<Format | null>(null)
  const [failure, setFailure] = useState<ReactNode>(null)
  const { run, busy } = useGuarded(async (chosen: Format) => {
    setFormat(chosen)
    setFailure(null)
    try {
      const { entries, isComplete } = await readAllActivity(api, filter)
      const day = new Date().toISOString().slice(0, 10)
      const type = chosen === 'CSV' ? 'text/csv' : 'application/json'
      saveFile(`rollcall-activity-${day}.${chosen.toLowerCase()}`, type, toText(entries, chosen))
      const count = entries.length
      showToast(words((t) => t(isComplete ? 'activity.downloaded' : 'activity.downloadedPart', { count })))
    } catch (error) {
      setFailure(describeProblem(toProblem(error)))
    }
  })
  return { download: run, busy: busy ? format : null, failure }
}
