import type { Marks } from './marks.js'

type Shape = string | RegExp

/** The size of the screen in inches, as the models of televisions have it. */
const INCHES = '(?:24|28|32|39|40|42|43|46|48|49|50|55|58|60|65|70|75|82|83|85|86|98)'

/** They count beside the name of a system that phones and computers have too. */
const shapes: readonly Shape[] = [
  // The word TV, alone or at the end of a name ("MiTV", "MatrixTV"), but no part of a word in capitals: phones have DTV.
  /(?<![A-Za-z])TV(?![A-Za-z])|(?:[a-z]|\dK)TV(?![a-z])|(?<![A-Z])ATV(?![A-Z])|wv-atv/,
  'AQUOS-TV',
  new RegExp(`(?<!H)TV-?${INCHES}(?!\\d)`),
  // A size in the model.
  new RegExp(`(?<![A-Za-z0-9])[A-Z]${INCHES}[A-Z]\\d{4}|-${INCHES}[A-Z]{3,6}(?![A-Za-z0-9])`),
  /[A-Z]UHD|[ _a-z][48]K(?![A-Za-z0-9])|(?<![A-Za-z])(?:DVB(?!-T)|Stick|STICK|Projector)(?![a-z])/,
  new RegExp(`(?:[; -]|[A-Za-z]_)(?:${INCHES}[A-Z]{1,6}|[A-Z]{1,6}-?${INCHES}[A-Z]{2,6})[-_/]?\\d`),
  /LED-?\d{2}|[ _][sS]hell[ _]/,
  // Boxes and sticks. "Turbox" makes phones, and apps are called "Dropbox".
  /(?<![A-Za-z])(?:STB|IPTV|OTT)(?![A-Za-z])|(?<!TUR)BOX(?![a-zA-Z])|;[^;()]*(?<![Tt]ur)[Bb]ox(?![a-z])/,
  /Chromecast|Nexus Player|ADT-\d|Streaming |BRAVIA/,
  // A branch of Android for televisions, in the number of the build: RTT1.211018.001, where phones have RP1A.200720.011.
  /Build\/[P-V]T[A-Z\d]{2}\.\d{6}/,
  /(?<![A-Za-z0-9-])(?:X96|A95X|T95|H96|MXQ|TX[3-9]|Z[IX]DOO|VONTAR|M(?:ECOOL|ecool)|HK1|(?:TPM|QM|QV)\d{3}E)/,
  // Makers of boxes and televisions alone, whose models are bare letters and numbers.
  /(?<![A-Za-z0-9-])(?:Polar_|Nexon|Pendoo|Formuler|Invin|Vorke|Transpeed|Ugoos|Andowl|Selenga|Orbsmart|Yundoo|Evpad|Hiremco|Matador|Netta(?= )|Movix|Ozone ?HD|RKM MK|iconBIT (?:XDS|Movie)|GT-?King|GT1-?mini)/i,
  /(?<![A-Za-z0-9-])(?:NEO[- ]?[UXZ]\d|AS4K|SWTV|KANT-|YNDX-0(?:00[7-9]|01)|ATOM-\d{3}[AR]|VMP-?0\d\d(?!\d)|N[VX][57]\d\dW|CT-8[78]\d\d|KSTB|P\d\d[LU]\d\dT\d)/,
  /; (?:KM\d{1,2}|KD\d|KI)(?: (?:PRO|PLUS|Pro|Plus))?(?: Build|[;)])/,
]

/** Only televisions and their boxes say these, whatever the system. */
export const televisions: Marks = [
  /smart-?tv|\(D?TV[;)]|avui\/tv/i,
  // The engines that makers of televisions build on.
  /(?<![A-Za-z])OMI\/|Vewd|[Hh]bb[Tt][Vv]|CE-HTML|InettvBrowser|NetCast|Viera|Cobalt\/|Espial|Opera TV/,
  /[Oo]pen[Tt][Vv]|Maple ?\d|SonyCE|SonyBDP|QtEmbedded|BrightSign\/|YouView|Hybridcast|Coolita/,
  // Maker, model and connection, as HbbTV wants them; and processors that no computer has.
  /[Ww]ire(?:d|less)\)|-Device\/[\d.]+ \(Sky|\(Linux (?:mips|sh4)|(?<![A-Za-z])WPE(?![A-Za-z])|DirectFB|intelce|Sunniwell|WebTV\//,
]

export const onTelevision = (system: RegExp): Marks => shapes.map((shape) => [system, shape])
