import { describe, expect, test } from 'vitest'
import { describeDevice } from '../src/device-name/describe.js'

const blink = 'AppleWebKit/537.36 (KHTML, like Gecko)'
const kindOf = (userAgent: string) => describeDevice({ userAgent }).kind

describe('a tablet', () => {
  test.each([
    ['leaves Mobile out in a browser', `Mozilla/5.0 (Linux; Android 10; K) ${blink} Chrome/140.0.0.0 Safari/537.36`],
    [
      'says Tab beside Mobile',
      `Mozilla/5.0 (Linux; Android 5.1; Masstel Tab 706) ${blink} Chrome/80.0.0.0 Mobile Safari/537.36`,
    ],
    [
      'says Pad beside Mobile',
      `Mozilla/5.0 (Linux; Android 14; Pad 7 WiFi) ${blink} Chrome/130.0.0.0 Mobile Safari/537.36`,
    ],
    [
      "has a model of Samsung's tablets",
      `Mozilla/5.0 (Linux; Android 10; SM-P580 Build/A1) ${blink} Chrome/93.0.0.0 Mobile Safari/537.36`,
    ],
    [
      'says it in the app of Yandex',
      `Mozilla/5.0 (Linux; arm_64; Android 12; WEB-W00) ${blink} Chrome/132.0.0.0 YaSearchBrowser/25.26/apad BroPP/1.0 YaSearchApp/25.26/apad webOmni SA/3 Mobile Safari/537.36`,
    ],
    ['runs HarmonyOS', `Mozilla/5.0 (Tablet; OpenHarmony 5.0) ${blink} Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1`],
    [
      "says Linux in Samsung's desktop mode",
      `Mozilla/5.0 (X11; Linux x86_64) ${blink} SamsungBrowser/30.0 Chrome/143.0.0.0 Safari/537.36`,
    ],
    ['says PAD in capitals', `Mozilla/5.0 (Linux; Android 13; ACME PAD 8) ${blink} Chrome/76.0 Mobile Safari/537.36`],
    ["has a model of Huawei's", `Mozilla/5.0 (Linux; Android 10; ABC-W09) ${blink} Chrome/76.0 Mobile Safari/537.36`],
    ["has a model of Lenovo's", `Mozilla/5.0 (Linux; Android 13; TB350FU) ${blink} Chrome/108.0 Mobile Safari/537.36`],
    [
      "has a model of Xiaomi's",
      `Mozilla/5.0 (Linux; Android 14; 24091RPXYZ) ${blink} Chrome/118.0 Mobile Safari/537.36`,
    ],
    ...['ePad 7i', 'Zpad-X8', 'Xtab 7', 'AcmeMiniTab73', 'ACMETAB25', 'CPN-L09', 'AGS2-AL00'].map(
      (model): [string, string] => [
        `is the ${model}`,
        `Mozilla/5.0 (Linux; Android 9; ${model}) ${blink} Chrome/95.0 Mobile Safari/537.36`,
      ],
    ),
    ["is one of Amazon's in an app", 'Dalvik/2.1.0 (Linux; U; Android 9; KFXYWI Build/PS7331)'],
    [
      "says Linux in Amazon's desktop mode",
      `Mozilla/5.0 (X11; Linux x86_64) ${blink} Silk/120.4 like Chrome/120.0 Safari/537.36`,
    ],
  ])('%s', (_, userAgent) => {
    expect(kindOf(userAgent)).toBe('tablet')
  })

  // prettier-ignore
  test.each([
    'OPD2403', 'iPA2556', 'PA2170', 'RMP2102', 'PMT4208_3G_EEA', 'TZ727', 'BQ-7056G', 'Nokia T21', 'TPC1013_EEA', 'Nomi_C080034',
    'SGP511', 'Nexus 7', 'GEM-701L', 'Lenovo A3500-H', 'Lenovo B8000-F', 'BNTV400', 'Numy_3G_AX1', 'A1-830', 'B3-A40', 'PS1012PL', 'TS7210MG',
    'HTC Flyer P510e', 'RMD-1025', 'TECNO P904', 'Acmepad 7', 'PICOpad_7', 'X6 Wi-Fi', 'P027', 'BQ 7056G', 'SCM-AL09', 'GOT-AL19',
    '9032X_RU', '8094T_EEA', '9060X', '8084_EEA', '9137W', 'M9_Wifi', 'X14 WiFi', 'iPlay50_mini_Pro', 'Acme Kids 70',
  ])('is the model %s, although it says Mobile', (model) => {
    expect(kindOf(`Mozilla/5.0 (Linux; Android 13; ${model}) ${blink} Chrome/138.0.0.0 Mobile Safari/537.36`)).toBe(
      'tablet',
    )
  })

  test.each([
    '9008X',
    '8050X',
    '9001D',
    '5033X_EEA',
    'PA2310GBB',
    'WiFi2',
    'TECNO KM5',
    'SGP412',
    'Lenovo A7000-a',
    'CS5026PL',
    'Techpad X5',
    'CoolPad 9',
  ])('is not the model %s', (model) => {
    expect(kindOf(`Mozilla/5.0 (Linux; Android 13; ${model}) ${blink} Chrome/138.0.0.0 Mobile Safari/537.36`)).toBe(
      'phone',
    )
  })

  test('a phone that is unfolded is none', () => {
    expect(kindOf(`Mozilla/5.0 (Linux; Android 14; SM-F956B) ${blink} Chrome/125.0.0.0 Safari/537.36`)).toBe('phone')
  })

  test('a phone in desktop mode is none, if its model is known', () => {
    const userAgent = `Mozilla/5.0 (X11; Linux x86_64) ${blink} SamsungBrowser/30.0 Chrome/143.0.0.0 Safari/537.36`
    const hints = { 'sec-ch-ua-platform': '"Android"', 'sec-ch-ua-mobile': '?0', 'sec-ch-ua-model': '"SM-S911B"' }
    expect(describeDevice({ userAgent, hints })).toMatchObject({ os: 'Android', kind: 'phone' })
  })

  test.each([
    ['Sailfish OS', 'Mozilla/5.0 (Maemo; Linux; U; Jolla; Sailfish; Tablet; rv:91.0) Gecko/91.0 SailfishBrowser/1.0'],
    ['Linux', `Mozilla/5.0 (Linux; Ubuntu 20.04 like Android 9) ${blink} Chrome/87.0.4280.144 Safari/537.36`],
  ])('may run %s', (os, userAgent) => {
    expect(describeDevice({ userAgent })).toMatchObject({ os, kind: 'tablet' })
  })

  test('runs Windows RT', () => {
    expect(kindOf('Mozilla/5.0 (Windows NT 6.3; ARM; Trident/7.0; Touch; rv:11.0) like Gecko')).toBe('tablet')
  })

  test('a Coolpad is a phone', () => {
    expect(
      kindOf(`Mozilla/5.0 (Linux; Android 7.1.1; Coolpad E2C) ${blink} Chrome/86.0.0.0 Mobile Safari/537.36`),
    ).toBe('phone')
  })
})

describe('a phone that does not say Mobile', () => {
  // prettier-ignore
  test.each([
    'GT-I9300', 'SGH-I337', 'SCH-I535', 'SPH-L710', 'SM-W2022', 'Pixel 8', 'Nexus 5X', 'HUAWEI Y6', 'vivo 1904', 'V2031A', 'Redmi Note 8', 'POCO F3',
    'MI 9', 'HM NOTE 1LTE', 'TECNO KD7', 'Infinix X680', 'ASUS_X00TD', 'Nokia 4.2', 'LG-H870', 'LM-G710', 'ONEPLUS A6003', 'IN2013', 'XT1069', 'MotoG3',
    'HTC One', 'LT26i', 'C6603', 'PEGM00', 'Blade V8', 'meizu note8', 'LeEco Le 2', 'WIKO VIEW', 'Ulefone Note 9', 'DOOGEE X95',
    'VER-N49DP', 'FCP-AN10', 'TET-AN00', 'ICL-AL20', 'EVA-L29', '2308CPXD0C', '24072PX77C', 'Surface Duo 2',
  ])('is the model %s, in an app and in a browser', (model) => {
    expect(kindOf(`Dalvik/2.1.0 (Linux; U; Android 9; ${model} Build/X1)`)).toBe('phone')
    expect(kindOf(`Mozilla/5.0 (Linux; Android 9; ${model}) ${blink} Chrome/99.0 Safari/537.36`)).toBe('phone')
  })

  // prettier-ignore
  test.each([
    'AGS2-L09', 'MRX-AN19', 'HEY2-N09', 'ABC-W09', '24018RPACG', '2405CRPFDG', 'LM-T600', 'LG-V500', 'XT2261-1', 'TECNO DP8D', 'Infinix X1101B', 'Redmi Pad SE', 'HTC A101', 'SGH-T859', 'SCH-I815', 'Nokia T20', 'MI PAD 4',
  ])('is not the tablet %s', (model) => {
    expect(kindOf(`Mozilla/5.0 (Linux; Android 9; ${model}) ${blink} Chrome/99.0 Safari/537.36`)).toBe('tablet')
  })

  test.each([
    [
      'draws pages on a server',
      `Mozilla/5.0 (X11; U; Linux x86_64; en-gb) ${blink} Chrome/30.0 Safari/537.36 Puffin/4.1.1AP`,
    ],
    ['runs an early UC Browser', 'JUC (Linux; U; 2.3.5; en-us; X14; 480*800) UCWEB7.9.0.94/139/444'],
    ['runs an early Opera', 'Opera/9.80 (Android 2.3.3; Linux; Opera Mobi/ADR-1; U; en) Presto/2.9.201 Version/11.50'],
    [
      'gives the date of its release',
      'X14_TD/1.0 Linux/3.4.5 Android/4.1.2 Release/08.27.2013 Browser/AppleWebKit534.30',
    ],
    [
      'poses as a computer',
      'Acme2690/2.0 Profile/MIDP-2.1 (Windows; U; Windows NT 6.0; en-US) AppleWebKit/534 UCBrowser/9.5.0',
    ],
    ['runs Windows Mobile', 'Opera/9.7 (Windows Mobile; PPC; Opera Mobi/35166; U; en) Presto/2.2.1'],
    ['runs Linux', 'Mozilla/5.0 (Maemo; Linux armv7l; rv:10.0) Gecko/20100101 Firefox/10.0 Fennec/10.0'],
  ])('%s', (_, userAgent) => {
    expect(kindOf(userAgent)).toBe('phone')
  })

  test.each([
    ['iOS', 'phone', 'IP'],
    ['iPadOS', 'tablet', 'IT'],
    ['Android', 'phone', 'AP'],
    ['Android', 'tablet', 'AT'],
  ])('Puffin on %s, on a %s, ends its version with %s', (os, kind, end) => {
    const userAgent = `Mozilla/5.0 (X11; U; Linux x86_64; en-gb) ${blink} Chrome/30.0 Safari/537.36 Puffin/4.8.0.27${end}`
    expect(describeDevice({ userAgent })).toEqual({ browser: 'Puffin', os, kind })
  })

  test("stays unknown in the desktop mode of its maker's browser", () => {
    const userAgent = `Mozilla/5.0 (X11; Linux x86_64) ${blink} Chrome/100.0 Safari/537.36 XiaoMi/MiuiBrowser/18.4`
    expect(describeDevice({ userAgent })).toEqual({ browser: 'Mi Browser', os: '', kind: 'unknown' })
  })
})

describe('an iPad that says it is a Mac', () => {
  const safari =
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15'
  const touch = { 'x-touch-screen': '?1' }

  test('is a tablet if its page reported a touch screen', () => {
    expect(describeDevice({ userAgent: safari, hints: touch })).toEqual({
      browser: 'Safari',
      os: 'iPadOS',
      kind: 'tablet',
    })
  })

  test.each(['Brave', '(Ecosia ios@11.1.0.2000)', 'OPT/5.4.0'])('is a tablet if %s runs on it', (browser) => {
    expect(describeDevice({ userAgent: `${safari} ${browser}` })).toMatchObject({ os: 'iPadOS', kind: 'tablet' })
  })

  test.each([
    ['a page that reports none', safari, {}],
    ['a word that is no report', safari, { 'x-touch-screen': '1' }],
    [
      'a browser that sends its platform',
      `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${blink} Chrome/140.0.0.0 Safari/537.36`,
      { ...touch, 'sec-ch-ua-platform': '"macOS"' },
    ],
  ])('%s leaves it a Mac', (_, userAgent, hints) => {
    expect(describeDevice({ userAgent, hints })).toMatchObject({ os: 'macOS', kind: 'desktop' })
  })

  test('a touch screen beside Linux is that of a laptop, or of an Android device in desktop mode: its kind is unknown', () => {
    const userAgent = `Mozilla/5.0 (X11; Linux x86_64) ${blink} Chrome/150.0.0.0 Safari/537.36`
    const linux = { 'sec-ch-ua-platform': '"Linux"', 'sec-ch-ua-mobile': '?0' }
    expect(describeDevice({ userAgent, hints: { ...touch, ...linux } })).toMatchObject({ os: 'Linux', kind: 'unknown' })
    expect(describeDevice({ userAgent, hints: touch })).toMatchObject({ os: 'Linux', kind: 'unknown' })
    expect(describeDevice({ userAgent, hints: linux }).kind).toBe('desktop')
    const ubuntu = 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0'
    expect(describeDevice({ userAgent: ubuntu, hints: touch })).toMatchObject({ os: 'Ubuntu', kind: 'desktop' })
  })

  test('a touch screen makes no tablet of a laptop with Windows', () => {
    const userAgent = `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${blink} Chrome/140.0.0.0 Safari/537.36`
    expect(describeDevice({ userAgent, hints: touch }).kind).toBe('desktop')
  })
})
