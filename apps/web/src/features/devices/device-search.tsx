import { Search } from 'lucide-react'
import { type ReactNode, startTransition, useState } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import { noFilter, type Use, type DeviceFilter } from './device-filter.js'

interface DeviceSearchProps {
  found: number
  all: number
  onFilterChange: (filter: DeviceFilter) => void
  /** The actions for the devices found. */
  children?: ReactNode
}

export function DeviceSearch({ found, all, onFilterChange, children }: DeviceSearchProps) {
  const { t } = useI18n()
  const [filter, setFilter] = useState(noFilter)
  const change = (part: Partial<DeviceFilter>) => {
    const next = { ...filter, ...part }
    setFilter(next)
    // A long list may follow a moment later; what is typed may not.
    startTransition(() => onFilterChange(next))
  }

  return (
    <search className="mb-4">
      <div className="flex flex-wrap gap-3">
        <div className="relative flex-[999_1_14rem]">
          <Search aria-hidden className="pointer-events-none absolute top-3 left-3 size-5 text-muted" />
          <input
            type="search"
            aria-label={t('devices.search')}
            placeholder={t('devices.searchHint')}
            autoComplete="off"
            spellCheck={false}
            value={filter.text}
            onChange={({ target }) => change({ text: target.value })}
            className="block min-h-11 w-full rounded-lg border border-edge bg-surface py-2 pr-3 pl-10 text-base text-ink placeholder:text-muted"
          />
        </div>
        <select
          aria-label={t('devices.which')}
          value={filter.use}
          onChange={({ target }) => {
            const use = choices.find((choice) => choice === target.value)
            if (use) change({ use })
          }}
          className="min-h-11 flex-auto rounded-lg border border-edge bg-surface px-3 py-2 text-base text-ink"
        >
          {choices.map((use) => (
            <option key={use} value={use}>
              {t(`devices.use.${use}`)}
            </option>
          ))}
        </select>
      </div>
      <div className="mt-2 flex min-h-11 flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <p role="status" className="text-sm text-muted">
          {found === 0 ? t('devices.noneFound') : t('devices.found', { found, all })}
        </p>
        {children}
      </div>
    </search>
  )
}

const choices = ['any', 'active', 'stale'] as const satisfies readonly Use[]
