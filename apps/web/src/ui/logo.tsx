/** A roll of three: two present, one gone. `wordClass` is for the name beside it. */
export function Logo({ wordClass = '' }: { wordClass?: string }) {
  return (
    <span className="inline-flex items-center gap-2.5">
      <svg aria-hidden viewBox="0 0 32 32" className="size-8 shrink-0">
        <rect width="32" height="32" rx="8" className="fill-accent" />
        <g className="fill-on-accent">
          <circle cx="9" cy="9.5" r="2.25" />
          <rect x="14" y="8" width="11" height="3" rx="1.5" />
          <circle cx="9" cy="16" r="2.25" />
          <rect x="14" y="14.5" width="11" height="3" rx="1.5" />
          <rect x="14" y="21" width="11" height="3" rx="1.5" opacity=".5" />
        </g>
        <circle cx="9" cy="22.5" r="1.75" fill="none" className="stroke-on-accent" opacity=".5" />
      </svg>
      <span className={`text-lg font-semibold tracking-tight ${wordClass}`}>Rollcall</span>
    </span>
  )
}
