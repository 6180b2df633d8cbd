import { useI18n } from '../../i18n/i18n-provider.js'

/** As tall as the cards that take its place; how many will come is not known. */
export function DeviceListSkeleton() {
  const { t } = useI18n()
  return (
    <div role="status">
      <span className="sr-only">{t('devices.loading')}</span>
      <div aria-hidden className="grid gap-3">
        <Card name="w-44" />
        <Card name="w-52" button />
        <Card name="w-40" button />
      </div>
    </div>
  )
}

function Card({ name, button = false }: { name: string; button?: boolean }) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-3 rounded-2xl border border-line bg-surface p-4 sm:px-5">
      <div className="flex min-w-0 flex-[1_1_15rem] gap-3.5 sm:items-center sm:gap-4">
        <div className="size-11 shrink-0 rounded-xl bg-sunken sm:size-12" />
        <div className="motion-safe:animate-pulse">
          <Bar width={name} line="h-6" bar="h-3.5" />
          <div className="mt-1">
            <Bar width="w-40 sm:w-56" line="h-5" bar="h-2.5" />
            <Bar width="w-24" line="h-5 sm:hidden" bar="h-2.5" />
            <Bar width="w-44" line="h-5" bar="h-2.5" />
          </div>
        </div>
      </div>
      {button && <div className="h-11 w-22 rounded-lg bg-sunken max-sm:ml-14.5" />}
    </div>
  )
}

function Bar({ width, line, bar }: { width: string; line: string; bar: string }) {
  return (
    <div className={`flex items-center ${line}`}>
      <div className={`rounded-full bg-sunken ${width} ${bar}`} />
    </div>
  )
}
