import { describe, expect, test } from 'vitest'
import { describeDevice } from '../src/device-name/describe.js'

const blink = 'AppleWebKit/537.36 (KHTML, like Gecko)'
const kindOf = (userAgent: string) => describeDevice({ userAgent }).kind

describe('a television', () => {
  test.each([
    [
      'says TV in the name of its model',
      `Mozilla/5.0 (Linux; Android 11; Arcelik Android UHD TV Build/A1; wv) ${blink} Version/4.0 Chrome/119.0.0.0 Mobile Safari/537.36`,
    ],
    [
      'says it at the end of a word',
      `Mozilla/5.0 (Linux; Android 11; Haier MatrixTV AEL Build/A1; wv) ${blink} Version/4.0 Chrome/129.0.0.0 Mobile Safari/537.36`,
    ],
    [
      'says it after the browser',
      `Mozilla/5.0 (Linux; Android 9; ULX-32TCS226-b Build/A1; wv) ${blink} Version/4.0 Chrome/64.0.0.0 YaBrowser/22.8.0.9 (lite) TV Safari/537.36`,
    ],
    [
      'is a box',
      `Mozilla/5.0 (Linux; Android 12; Telia Nordic STB Build/ST; wv) ${blink} Version/4.0 Chrome/129.0.0.0 Mobile Safari/537.36`,
    ],
    [
      'is made by a broadcaster',
      `Mozilla/5.0 (Linux; U; Linux; en-US) ${blink} Sky/E1C1 EntertainmentOS (LLAMA_UK, UKR) Chrome/110.0 Safari/537.36`,
    ],
    ['is a stick of an app', 'Amazon;AFTT;0123456789abcdef;;tpapi'],
    [
      'has a size in its model',
      `Mozilla/5.0 (Linux; Android 7.1.1; 32H600GU Build/A1; wv) ${blink} Version/4.0 Chrome/52.0.0.0 Mobile Safari/537.36`,
    ],
    [
      'has LED in its model',
      `Mozilla/5.0 (Linux; arm; Android 11; DM-LED43UBB33 Build/A1; wv) ${blink} Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36`,
    ],
    [
      'is of a maker that writes 0 for o',
      `Mozilla/5.0 (Linux; Andr0id 11; Panasonic G00gle TV LCD) ${blink} Chrome/127.0.0.0 Safari/537.36 OMI/4.25.1.92.StableAVB.5`,
    ],
    [
      'says Linux and the engine of televisions',
      `Mozilla/5.0 (Linux ) ${blink} Chrome/108.0.0.0 Safari/537.36 OPR/46.0.2207.0 OMI/4.23.2.96.LIMA2.105 Model/Vestel-MB180`,
    ],
    [
      'says it in the midst of its model',
      `Mozilla/5.0 (Linux; Android 12; Fision TV Plus Build/A1; wv) ${blink} Version/4.0 Chrome/132.0.0.0 Mobile Safari/537.36`,
    ],
    [
      'has its size after the name of its maker',
      `Mozilla/5.0 (Linux; Android 13; ACME_43NX6000F Build/TP1A; wv) ${blink} Version/4.0 Chrome/120.0 Mobile Safari/537.36`,
    ],
    ['is a box of another name', `Mozilla/5.0 (Linux; Android 9; Acme Eurobox Pro) ${blink} Chrome/79.0 Safari/537.36`],
    [
      'is a shell',
      `Mozilla/5.0 (Linux; Android 4.4.4; Acme Shell 536D42 Build/KTU84P) ${blink} Chrome/74.0 Safari/537.36`,
    ],
    [
      'is a Chromecast',
      `Mozilla/5.0 (Linux; Android 12; Chromecast HD; wv) ${blink} Version/4.0 Chrome/110.0 Mobile Safari/537.36`,
    ],
    [
      'says TV and a number',
      `Mozilla/5.0 (Linux; Android 9; Acme 4K ATV4; wv) ${blink} Version/4.0 Chrome/81.0 Mobile Safari/537.36`,
    ],
    [
      'gives maker, model and connection',
      'Opera/9.80 (Linux armv7l) Presto/2.12 Version/12.51, Acme/1.0 (Acme, X55, Wireless)',
    ],
    ['has a processor of its own', 'Opera/9.80 (Linux mips; ) Presto/2.12.407 Version/12.51 MB95/3.3.6.X'],
    [
      'is a receiver',
      `Mozilla/5.0 (X11; Linux armv7l) ${blink} Chrome/69.0 Safari/537.36 GW-Device/1.0.0 (Sky, X24, )`,
    ],
    ['shows videos alone', 'Mozilla/5.0 (X11; Linux x86_64) Cobalt/23.lts.4 (unlike Gecko) Starboard/14'],
    ['says nothing else', 'Mozilla/5.0 (TV; rv:78.0) Gecko/78.0 Firefox/78.0'],
    [
      'has a WebView of its own',
      `Mozilla/5.0 (Linux; Android 9; P1 Build/PQ3B; wv-atv; mse) ${blink} Version/4.0 Chrome/120.0 Mobile Safari/537.36`,
    ],
    ['is a stick without Android', 'Kepler/1.1 (Linux; AFTXY001)'],
    [
      'runs a build of Android for televisions',
      `Mozilla/5.0 (Linux; Android 12; X14 Build/STTC.230104.002; wv) ${blink} Version/4.0 Chrome/126.0 Mobile Safari/537.36`,
    ],
    ['runs such a build under an app', 'Dalvik/2.1.0 (Linux; U; Android 10; X14 Build/QTG3.200617.002)'],
    ...['PPR2.180905.006.A1', 'NMF26Q', 'M5C14J', 'TP1A.220905.004.A2', 'PI', 'RT'].map((build): [string, string] => [
      `runs the build ${build}, which no phone got`,
      `Mozilla/5.0 (Linux; Android 9; X14 Build/${build}; wv) ${blink} Version/4.0 Chrome/110.0 Mobile Safari/537.36`,
    ]),
    [
      'says Tizen and how smart it is',
      'Mozilla/5.0 (Smart-Tv; Linux; Tizen 2.2) AppleWebKit/538.1 (KHTML, like Gecko) Safari/538.1',
    ],
    ['draws without a desktop', 'Mozilla/5.0 (DirectFB; Linux; ko-KR) AppleWebKit/534.26 Version/5.0 Safari/534.26'],
  ])('%s', (_, userAgent) => {
    expect(kindOf(userAgent)).toBe('tv')
  })

  // prettier-ignore
  test.each([
    'A95X', 'T95', 'H96 MAX', 'MXQ', 'TX6', 'ZIDOO', 'VONTAR', 'Mecool-BB', 'UGOOS', 'HK1', 'TPM191E', 'NEXBOX', 'X96',
    'BRAVIA', 'Nexus Player', 'Acme Streaming Stick', 'AQUOS-TVX1', 'ACME-LED43', 'Acme TV Box', 'IPTV-1', 'ADT-3', 'Acme PTV55', 'LC-60UI9362E', 'H32A8000K', 'TLE-43FSBM',
    'Polar_P24L51T2CSM', 'P42L31T2CSM', 'NEXON X3+', 'pendoo X92', 'Formuler Z10', 'Ugoos-AM3', 'iconBIT XDS1000', 'GTKing PRO', 'KM6', 'KD1',
    'NEO-X8', 'AS4K-2X', 'SWTV-20AE', 'KANT-369', 'YNDX-00102', 'ATOM-216RK', 'VMP-046-664', 'NV720WB', 'CT-8740', 'Movix Pro',
    'Beelink GT1', 'DREAMSTAR A4', 'Skystream One', 'Tanix A3', 'TOX3', 'XDS94K', 'ABX-110', 'GTX-R10i', 'X88pro10', 'TR99', 'CVTE_MSD338', 'MK808',
    'GTV100', 'NSZ-GS7', 'gxt_dongle', 'S905X2', 'MINIM8S II', 'IP-60 MAX', 'A5X MAX', 'M8S PRO', 'KM9PRO', 'ACME-UHD9', '8K618-T', 'ACME4K', 'MIBOX4',
    'ACMESTB2', 'net tv.plus', 'T40SGLED-A15',
    'Acme 4K', 'ACME50YUHD', 'Acme Stick', 'Acme DVB', 'Projector', 'MatrixTV5',
  ])('is the model %s', (model) => {
    expect(kindOf(`Mozilla/5.0 (Linux; Android 9; ${model}) ${blink} Chrome/94.0.0.0 Safari/537.36`)).toBe('tv')
  })

  // prettier-ignore
  test.each([
    'SmartTV', 'Smart-Tv', 'avui/tv', 'OMI/4.25', 'Vewd/4', 'HbbTV/1.5.1', 'CE-HTML/1.0', 'InettvBrowser/2', 'NetCast.TV',
    'Viera/3.0', 'Espial/6.0', 'Opera TV Store', 'opentv', 'Maple2012', 'SonyCEBrowser/1.0', 'SonyBDP/1', 'QtEmbedded',
    'BrightSign/8.5', 'WPE', 'YouViewHTML/1.0', 'Boxee/1.0', 'SRAF/4.0', 'Diga/3.7', 'SHARP-AQUOS-DMP', 'tclwebkit1.0', 'OHTV/1.0', 'Hybridcast/1.0', 'Coolita OS',
  ])('is the engine %s', (engine) => {
    expect(kindOf(`Mozilla/5.0 (X55) ${blink} ${engine}`)).toBe('tv')
  })

  test.each([
    ['Roku', 'Roku/DVP-14.0 (14.0.4.4170-C2)'],
    [
      'VIDAA',
      `Mozilla/5.0 (Linux; Andr0id 12) ${blink} Chrome/128.0 Safari/537.36 HbbTV/1.7.1 (; Acme; SmartTV_2026) VIDAA/8.0`,
    ],
    ['Vega OS', `Mozilla/5.0 (Linux; VegaOS 1.1; AFTCA002) ${blink} Chrome/130.0 Safari/537.36`],
    ['VIDAA', `Mozilla/5.0 (X11; Linux armv7l) ${blink} Chrome/88.0 Safari/537.36 VIDAA/6.0(Acme;SmartTV;X55)`],
    ['Vizio', `Mozilla/5.0 (X11; Linux armv7l) ${blink} Chrome/108.0 Safari/537.36 CrKey/1.0.999999 VIZIO SmartCast`],
    ['Chromecast', `Mozilla/5.0 (X11; Linux armv7l) ${blink} Chrome/110.0.0.0 Safari/537.36 CrKey/1.56.500000`],
    ['webOS', `Mozilla/5.0 (WebOS; Linux/SmartTV) ${blink} Chrome/53.0 Safari/537.36 HbbTV/1.4.1`],
    ['tvOS', 'AppleCoreMedia/1.0.0.20L497 (Apple TV; U; CPU OS 16_4 like Mac OS X; en_us)'],
  ])('runs %s', (os, userAgent) => {
    expect(describeDevice({ userAgent })).toMatchObject({ os, kind: 'tv' })
  })

  test.each([
    [
      'a phone with an aerial',
      `Mozilla/5.0 (Linux; Android 7.0; myA8 DTV) ${blink} Chrome/78.0.0.0 Mobile Safari/537.36`,
      'phone',
    ],
    [
      'a phone whose model holds the letters',
      `Mozilla/5.0 (Linux; Android 6.0.1; STV100-4 Build/MMB29M) ${blink} Chrome/65.0.0.0 Mobile Safari/537.36`,
      'phone',
    ],
    [
      'a tablet whose model begins with them',
      `Mozilla/5.0 (Linux; Android 6.0; BTV-W09) ${blink} Chrome/70.0.0.0 Safari/537.36`,
      'tablet',
    ],
    [
      'a phone with a size in its model',
      `Mozilla/5.0 (Linux; Android 8.1.0; LG-H962) ${blink} Chrome/81.0.0.0 Mobile Safari/537.36`,
      'phone',
    ],
    [
      'a phone whose maker is called like a box',
      `Mozilla/5.0 (Linux; Android 7.0; Turbox S3) ${blink} Chrome/80.0 Mobile Safari/537.36`,
      'phone',
    ],
    [
      'a phone whose build has a size',
      `Mozilla/5.0 (Linux; Android 4.1.2; X14 Build/2_32A_2013) ${blink} Chrome/18.0 Mobile Safari/535.19`,
      'phone',
    ],
    [
      'a phone with the same build for phones',
      `Mozilla/5.0 (Linux; Android 12; X14 Build/SP1A.210812.016; wv) ${blink} Version/4.0 Chrome/126.0 Mobile Safari/537.36`,
      'phone',
    ],
    [
      'a phone whose model begins like that of a box',
      `Mozilla/5.0 (Linux; Android 15; TECNO KM5) ${blink} Chrome/138.0 Mobile Safari/537.36`,
      'phone',
    ],
    [
      'a phone whose model is the processor of a box',
      `Mozilla/5.0 (Linux; Android 4.2.2; Acme S920) ${blink} Chrome/71.0 Mobile Safari/537.36`,
      'phone',
    ],
    [
      'a phone with two capitals before the number',
      `Mozilla/5.0 (Linux; Android 4.0.4; VS920 4G) ${blink} Chrome/18.0 Mobile Safari/535.19`,
      'phone',
    ],
    [
      'a display in the kitchen',
      `Mozilla/5.0 (Fuchsia) ${blink} Chrome/110.0 Safari/537.36 CrKey/1.56.500000`,
      'unknown',
    ],
  ])('%s is none', (_, userAgent, kind) => {
    expect(kindOf(userAgent)).toBe(kind)
  })
})
