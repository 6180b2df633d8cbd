import type { System } from './systems.js'

/** Products that these browsers send themselves. */
const own = '(?:Mozilla|Apple[Ww]eb[Kk]it|Version|Chrome|CriOS|Mobile|Safari|Gecko|Build)/'

const inWebKit = new RegExp(
  `(?:^|[ ;/])(?!${own})[A-Za-z][\\w.%-]*/\\w|Safari/[\\d.]+(?![\\d.])\\W+(?!${own}|gzip)[A-Za-z]`,
)

/** The product of another browser or of an app, which stands beside those of the engine. */
const foreign: Readonly<Record<string, RegExp>> = {
  Chrome: inWebKit,
  Safari: inWebKit,
  // Distributions add theirs before it, systems of phones after it. So does the front end of Google: ",gzip(gfe)".
  Firefox: /(?:Firefox|FxiOS)\/[\d.]+(?![\d.])\W+(?!Mobile|Safari|AppleWebKit|KAIOS|KaiOS|Fennec|gzip)[A-Za-z]/,
}

const comments = /\((?:[^()]|\([^()]*\))*\)/g

/**
 * The name of a browser whose user agent names another product too. The name of the engine would be that of somebody else's
 * browser. `undefined`: it is the browser itself.
 */
export function builtOn(
  browser: string,
  userAgent: string,
  system: System,
): 'Chromium' | 'iOS WebView' | 'Unknown browser' | undefined {
  if (system.kind === 'tv' || !foreign[browser]?.test(userAgent.replaceAll(comments, ' '))) return undefined
  if (system.platform === 'iOS') return 'iOS WebView'
  return browser === 'Chrome' ? 'Chromium' : 'Unknown browser'
}
