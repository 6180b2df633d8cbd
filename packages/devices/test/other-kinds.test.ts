import { expect, test } from 'vitest'
import { describeDevice, type DeviceKind } from '../src/device-name/describe.js'
import { blink } from './user-agents.js'

// prettier-ignore
const userAgents: [userAgent: string, browser: string, os: string, kind: DeviceKind][] = [
  [`Mozilla/5.0 (X11; Linux x86_64; PICO 4 OS5.9 like Quest) ${blink} PicoBrowser/4.0 Chrome/114.0 VR Safari/537.36`, 'PICO Browser', 'PICO OS', 'unknown'],
  ['Mozilla/5.0 (Android 12; Mobile VR; rv:121.0) Gecko/121.0 Firefox/121.0', 'Firefox', 'Android', 'unknown'],
  [`Mozilla/5.0 (Linux; Android 13; Acme Watch 2 Build/TWD9) ${blink} Chrome/115.0 Mobile Safari/537.36`, 'Chrome', 'Android', 'unknown'],
  [`Mozilla/5.0 (Linux; Android 11; SAMSUNG SM-R890) ${blink} SamsungBrowser/3.0 Chrome/97.0 Mobile Safari/537.36`, 'Samsung Internet', 'Wear OS', 'unknown'],
  [`Mozilla/5.0 (X11; GNU/Linux) ${blink} Chromium/109.0 Chrome/109.0 Safari/537.36 Tesla/2023.44.30-a`, 'Chromium', 'Tesla', 'unknown'],
  [`Mozilla/5.0 (Linux; Android 10; Polestar 2) ${blink} Chrome/100.0 Safari/537.36`, 'Chrome', 'Android', 'unknown'],
  [`Mozilla/5.0 (Linux; Android 9; AEOXY) ${blink} Silk/94.3 like Chrome/94.0 Safari/537.36`, 'Amazon Silk', 'Fire OS', 'unknown'],
  ['AppleCoreMedia/1.0.0.15D61 (HomePod; U; CPU OS 11_2 like Mac OS X; en_us)', 'Unknown browser', '', 'unknown'],
  [`Mozilla/5.0 (Car; OpenHarmony 5.0) ${blink} Chrome/114.0 Safari/537.36 ArkWeb/4.1`, 'HarmonyOS WebView', 'HarmonyOS', 'unknown'],
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64; XBOX_ONE_ED) ${blink} Chrome/51.0 Safari/537.36 Edge/14.14393`, 'Edge', 'Xbox', 'console'],
  ['Mozilla/5.0 (Playstation Vita 3.74) AppleWebKit/537.73 (KHTML, like Gecko) Silk/3.2', 'Amazon Silk', 'PlayStation', 'console'],
  [`Mozilla/5.0 (X11; Linux x86_64; Valve Steam Client/Steam Deck/default/0) ${blink} Chrome/126.0 Safari/537.36`, 'Steam', 'SteamOS', 'console'],
  [`Mozilla/5.0 (Linux; Android 13; Retroid Pocket 9) ${blink} Chrome/120.0 Mobile Safari/537.36`, 'Chrome', 'Android', 'console'],
  ['Mozilla/5.0 (Linux; U; en-US) AppleWebKit/528.5+ (KHTML, like Gecko) Version/4.0 Kindle/3.0', 'Unknown browser', '', 'unknown'],
  ['Mozilla/5.0 (Linux; U; Tizen 2.0) AppleWebKit/537.1 (KHTML, like Gecko) Mobile TizenBrowser/2.0', 'Unknown browser', 'Tizen', 'unknown'],
  [`Mozilla/5.0 (Linux; U; Android 2.0; en-us;) AppleWebKit/538.1 (KHTML, like Gecko) Version/4.0 Mobile Safari/538.1 (Kobo Touch 0999/4.1.2)`, 'Android Browser', '', 'unknown'],
  [`Mozilla/5.0 (Linux; Android 4.4.2; tolino) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/30.0.0.0 Safari/537.36`, 'Android WebView', '', 'unknown'],
  ['Mozilla/5.0 (X11; Linux armv7l) AppleWebKit/602.1 (KHTML, like Gecko) reMarkable/3.10 Safari/602.1', 'Unknown browser', '', 'unknown'],
  [`Mozilla/5.0 (Linux; Android 4.4.4; tolino tab 8) ${blink} Chrome/81.0 Safari/537.36`, 'Chrome', 'Android', 'tablet'],
  [`Mozilla/5.0 (Linux; Android 8.1; X14 Build/OWDE.180707.001) ${blink} Chrome/77.0 Mobile Safari/537.36`, 'Chrome', 'Android', 'unknown'],
  [`Mozilla/5.0 (Linux; Android 9; AFTLBT962E2) ${blink} Silk/118.3 like Chrome/118.0 Safari/537.36`, 'Amazon Silk', 'Fire OS', 'unknown'],
  [`Mozilla/5.0 (Linux; Android 9; Kindle Fire) ${blink} Chrome/41.0 Safari/537.36`, 'Chrome', 'Fire OS', 'tablet'],
  ['Mozilla/5.0 (Linux; Android; en_US) AppleWebKit/534.34 PocketBook/631 (screen 1072x1448) Mobile', 'Unknown browser', '', 'unknown'],
  ['Mozilla/5.0 (PlayBook; U; RIM Tablet OS 2.1.0; en-US) AppleWebKit/536.2+ (KHTML, like Gecko) Version/7.2 Safari/536.2+', 'Unknown browser', 'BlackBerry', 'tablet'],
  ['Mozilla/5.0 (Ubuntu; Tablet) WebKit/537.21', 'Unknown browser', 'Ubuntu', 'tablet'],
  ['Mozilla/5.0 (PS3; Leanback Shell) AppleWebKit/535.22 (KHTML, like Gecko) Chrome/19.0 LeanbackShell/01.00', 'Chromium', 'PlayStation', 'console'],
  ['PS3Application libhttp/4.8.5-000 (CellOS)', 'Unknown browser', 'PlayStation', 'console'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 PlayStation App/24.1', 'iOS WebView', 'iOS', 'phone'],
  [`Mozilla/5.0 (Linux; Android 14; SM-I610) ${blink} Chrome/150.0 Safari/537.36`, 'Chrome', 'Android', 'unknown'],
  [`Mozilla/5.0 (Linux; Android 14; Meta Quest 3S) ${blink} Chrome/130.0 Mobile Safari/537.36`, 'Chrome', 'Horizon OS', 'unknown'],
  [`Mozilla/5.0 (Linux; Android 13; Odin2) ${blink} Chrome/150.0 Mobile Safari/537.36`, 'Chrome', 'Android', 'console'],
  ['Mozilla/5.0 (X11; U; Linux armv7l like Android; en-us) AppleWebKit/531.2+ (KHTML, like Gecko) Version/5.0 Safari/533.2+ Kindle/3.0+', 'Unknown browser', '', 'unknown'],
  ['Linux UPnP/1.0 Sonos/99.1-10000 (ZPS99)', 'Unknown browser', '', 'unknown'],
]

test.each(userAgents)(
  'neither a phone nor a tablet, although the browser says so: %s',
  (userAgent, browser, os, kind) => {
    expect(describeDevice({ userAgent })).toEqual({ browser, os, kind })
  },
)

test.each([
  ...[
    'BYD AUTO',
    'DiLink',
    'gminfo37',
    'IHU_BASE',
    'Renault Acme',
    'MBUX',
    'BMW Acme',
    'Acme IVI',
    'QUAD-CORE T3',
    'UltraOcta-T8',
    'Porsche Acme',
    'CarPad-II',
    'AIVI-N3000',
    'YT5716C',
    'MPC-70',
    '8227L_demo',
  ].map((car) => [car, 'unknown'] as const),
  ...['LEM15', 'OW19W1', 'Acme KidPhone4G', 'Glass 1', 'VR-1541F'].map((model) => [model, 'unknown'] as const),
  ...['PortalGo', 'XDH-0F-A1', 'IFP6550-3', '10BDL4151T', 'FiiO M11', 'NW-A100Series', 'COOLPIX S800c'].map(
    (model) => [model, 'unknown'] as const,
  ),
  ...['Moto 360', 'Gear Live', 'yandexstation_2'].map((model) => [model, 'unknown'] as const),
  ...['RG405V', 'RG556', 'RGCUBE', 'G Cloud', 'Razer Edge 5G', 'Switch OLED'].map(
    (model) => [model, 'console'] as const,
  ),
  ...['Inspiron 3542', 'HP EliteBook 820', 'NUC10i3FNH', 'Aspire V5-121', 'Swift SF113-31'].map(
    (model) => [model, 'desktop'] as const,
  ),
])('the model %s is of the kind %s', (model, kind) => {
  const userAgent = `Mozilla/5.0 (Linux; Android 12; ${model}) ${blink} Chrome/118.0 Safari/537.36`
  expect(describeDevice({ userAgent }).kind).toBe(kind)
})
