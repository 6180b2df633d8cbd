import { anyOf, type Marks } from './marks.js'

/** The size of the screen in inches, as the models of televisions have it. */
const INCHES = '(?:24|28|32|39|40|42|43|46|48|49|50|55|58|60|65|70|75|82|83|85|86|98)'

/** They count beside the name of a system that phones and computers have too. */
const shapes: readonly RegExp[] = [
  // The word TV, alone or at the end of a name ("MiTV", "MatrixTV"), but no part of a word in capitals: phones have DTV.
  /(?<![A-Za-z])TV(?![A-Za-z])|(?:[a-z]|\dK)TV(?![a-z])|(?<![A-Z])ATV(?![A-Z])|wv-atv|(?<![A-Za-z])tv(?=[. ;)\d])/,
  /(?<![A-Za-z])AQUOS-TV/,
  new RegExp(`(?<!H)TV-?${INCHES}(?!\\d)`),
  // A size in the model.
  new RegExp(`(?<![A-Za-z0-9])[A-Z]${INCHES}[A-Z]\\d{4}|-${INCHES}[A-Z]{3,6}(?![A-Za-z0-9])`),
  /[A-Z]UHD|[ _A-Za-z][48]K(?![A-Za-z0-9])|(?<![A-Za-z])(?:DVB(?!-T)|Stick|STICK|Projector)(?![a-z])/,
  new RegExp(`(?:[; -]|[A-Za-z]_)(?:${INCHES}[A-Z]{1,6}|[A-Z]{1,6}-?${INCHES}[A-Z]{2,6})[-_/]?\\d`),
  /LED-?[A-Z]?\d{2}|[ _][sS]hell[ _]|[-_ ]UHD|; [48]K\d{2,4}(?!\d)/,
  // Boxes and sticks. "Turbox" makes phones, and apps are called "Dropbox".
  /(?<![A-Za-z])(?:STB|IPTV|OTT)(?![A-Za-z])|STB\d|SDOTT|(?<!TUR)BOX(?![a-z]|[A-Z]{2})|;[^;()]*(?<![Tt]ur)[Bb]ox(?![a-z])/,
  /Chromecast|Nexus Player|ADT-\d|Stream(?:ing|er) |BRAVIA/,
  // A branch of Android for televisions, in the number of the build: RTT1.211018.001, where phones have RP1A.200720.011.
  /Build\/[P-V]T[A-Z\d]{2}\.\d{6}/,
  /(?<![A-Za-z0-9-])(?:X96|A95X|T95|H96|MXQ|TX[3-9]|Z[IX]DOO|VONTAR|M(?:ECOOL|ecool)|HK1|(?:TPM|QM|QV)\d{3}E)/,
  // Makers of boxes and televisions alone, whose models are bare letters and numbers.
  /(?<![A-Za-z0-9-])(?:NEO[- ]?[UXZ]\d|AS4K|SWTV|KANT-|YNDX-0(?:00[7-9]|01)|ATOM-\d{3}[AR]|VMP-?0\d\d(?!\d)|N[VX][57]\d\dW|CT-8[78]\d\d|KSTB|P\d\d[LU]\d\dT\d)/,
  /; (?:KM\d{1,2}|KD\d|KI+)(?: ?(?:PRO|PLUS|Pro|Plus))?(?: Build|[;)])/,
  /(?<![A-Za-z0-9-])(?:Beelink|DREAMSTAR|Dreamstar|Technosat|S[Kk][Yy][Ss](?:tream|TREAM)|Dolamee|Fundroid|Tanix|Rombica|Draco |Vega S95|Omnicast|PIPO[_ ]X|NOGAPC|MINIM8S|Perfeo_PF|H-DMP|NTV[-_]|EC6108V|TiviMate\/|TVB-\d)/,
  /(?<![A-Za-z0-9-])(?:TOX\d|XDS\d|ABX-\d|GTX-[R\d]|X88|X98_|TR99|MSD\d{3}|CVTE_|MK[89]\d\d|GTV\d|NSZ-|AMAZE AX|BB2 |AS51\d)|dongle|(?<![A-Za-z])S9(?:05|12|22)(?![\dA-V])/,
  /; (?:(?:IP-\d0|S[678]00|A5X|M8S|KK|HLQ|QK9|N5)[ _]?(?:MAX|Max|PRO|PLUS)|RED \d0)(?![A-Z])/,
  // Makers of boxes build on releases of Android that no phone got, and on branches without a date.
  /Build\/(?:M5C14J|NHG47L|NMF26Q|OPR5\.|PPR2\.180905\.006\.A1|SP1A\.211105\.004|TP1A\.220905\.004\.A2|(?:PI|QT|RT|ST|TT)(?=; wv|\)$))/,
]

/** Makers of boxes and televisions alone. */
const MAKER =
  /(?<![A-Za-z0-9-])(?:Polar_|Nexon|Pendoo|Formuler|Invin|Vorke|Transpeed|Ugoos|Andowl|Selenga|Orbsmart|Yundoo|Evpad|Hiremco|Matador|Netta(?= )|Movix|Ozone ?HD|RKM MK|iconBIT (?:XDS|XLR|Movie)|GT-?King|GT1-?mini)/i

/** Only televisions and their boxes say these, whatever the system. */
export const televisions: Marks = [
  /smart-?tv|\(D?TV[;)]|avui\/tv/i,
  // The engines that makers of televisions build on.
  /(?<![A-Za-z])OMI\/|Vewd|[Hh]bb[Tt][Vv]|CE-HTML|InettvBrowser|NetCast|Viera|Cobalt\/|Espial|Opera TV/,
  /[Oo]pen[Tt][Vv]|Maple ?\d|SonyCE|SonyBDP|QtEmbedded|BrightSign\/|YouView|Hybridcast|Coolita/,
  /EntertainmentOS|Boxee|SRAF\/|Diga\/|\(Freebox|AQUOS-DMP|tclwebkit|OHTV\/|mbxtWebKit|CiscoBrowser/,
  ['Linux', 'Ekioh/'],
  // Maker, model and connection, as HbbTV wants them; and processors that no computer has.
  /[Ww]ire(?:d|less)\)|-Device\/[\d.]+ \(Sky|\(Linux (?:mips|sh4)|(?<![A-Za-z])WPE(?![A-Za-z])|DirectFB|intelce|Sunniwell|WebTV\//,
]

const SHAPE = anyOf(shapes)

export const onTelevision = (system: RegExp): Marks => [
  [system, SHAPE],
  [system, MAKER],
]
