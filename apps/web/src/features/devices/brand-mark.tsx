import type { Device } from '../../api/trpc.js'
// Pictures and no script: the list does not wait for them, and does without where they cannot be loaded.
import marks from './brand-marks.svg'

type Brand = 'Chrome' | 'Firefox' | 'Opera' | 'Vivaldi' | 'Brave' | 'Apple' | 'Android' | 'Ubuntu'

const brandsOfBrowsers: Readonly<Record<string, Brand>> = {
  Chrome: 'Chrome',
  Firefox: 'Firefox',
  'Firefox Focus': 'Firefox',
  Opera: 'Opera',
  'Opera GX': 'Opera',
  'Opera Mini': 'Opera',
  Vivaldi: 'Vivaldi',
  Brave: 'Brave',
}

const brandsOfSystems: Readonly<Record<string, Brand>> = {
  macOS: 'Apple',
  iOS: 'Apple',
  iPadOS: 'Apple',
  iPhone: 'Apple',
  iPad: 'Apple',
  tvOS: 'Apple',
  Apple: 'Apple',
  Android: 'Android',
  'Android TV': 'Android',
  Ubuntu: 'Ubuntu',
}

/** The mark of the browser, or else of the system; nothing for one without a mark. The name beside it says the same in words. */
export function BrandMark({ device: { browser, os } }: { device: Pick<Device, 'browser' | 'os'> }) {
  const brand = brandsOfBrowsers[browser] ?? brandsOfSystems[os]
  if (brand === undefined) return null
  return (
    <span
      aria-hidden
      data-brand={brand}
      className="absolute -right-1 -bottom-1 grid size-5 place-items-center rounded-full border border-line bg-surface"
    >
      <svg fill="currentColor" className="size-3">
        <use href={`${marks}#${brand}`} />
      </svg>
    </span>
  )
}
