/** As tall as the cards that take its place. */
export function DeviceListSkeleton() {
  return (
    <div role="status">
      <span className="sr-only">Loading your devices…</span>
      <div aria-hidden className="grid gap-3">
        {['w-44', 'w-52', 'w-40'].map((width) => (
          <div
            key={width}
            className="flex gap-3.5 rounded-2xl border border-line bg-surface p-4 sm:items-center sm:gap-4 sm:px-5"
          >
            <div className="size-11 shrink-0 rounded-xl bg-sunken sm:size-12" />
            <div className="motion-safe:animate-pulse">
              <Bar width={width} line="h-6" bar="h-3.5" />
              <div className="mt-1">
                <Bar width="w-56 max-sm:w-40" line="h-5" bar="h-2.5" />
                <Bar width="w-48 max-sm:w-44" line="h-5" bar="h-2.5" />
              </div>
            </div>
          </div>
        ))}
      </div>
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
