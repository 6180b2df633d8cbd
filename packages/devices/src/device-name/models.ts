import type { Marks } from './marks.js'

/** Marks of a tablet that also says Mobile, as every phone does. */
export const tablets: Marks = [
  /(?<![A-Za-z])(?![Cc]ool)(?:(?:[A-Z][a-z]*)?(?:Tab(?:let)?|TAB|Pad|PAD)|[A-Za-z]*Tab|[A-Z]+TAB|(?!Tech|Turbo|Gpad)[A-Za-z]*[Pp]ad|[a-eX-Z]tab)(?![A-Za-z])|\/apad/,
  // Huawei and Honor with a phone in them; Samsung, Huawei and Honor, Lenovo, Xiaomi.
  /(?<![A-Za-z])(?:AG[RS]|BAH|BGO|BTV|BZ[KT]|CMR|CPN|DBY|GOT|HDL|JDN|JMS|KOB|KRJ|MON|MRX|SCM|SHT|VRD)\d?[A-Z]?-[A-Z]{0,2}\d\d(?!\d)|(?<![A-Za-z])(?:GEM|PLE)-7/,
  // OPPO and OnePlus, vivo, realme; Prestigio, Irbis, bq, Nokia, Nomi; TCL and Alcatel, whose models are bare numbers.
  /(?<![A-Za-z0-9])(?:OP[DT]2\d{3}|i?PA2\d{3}(?![\dA-Z])|DPD\d{4}|RMP\d{4}|PM[PT]\d{3}|TZ\d{2,3}(?!\d)|BQ[- ](?:[78]|10|9)\d{3}|Nokia T[12]\d|TPC[-_]?\d|Nomi[_ ]C(?:07|08|10))/,
  /; (?:80(?:5[1-8]|[6-9]\d)|90(?:0[3-79]|[136]\d|2[4-79])|9[1-4]\d\d(?=[A-Z]))[A-Z]?\d?(?:_[A-Z]{2,4}\d?)?(?: Build|[;)])/,
  // No phone names its network, and those for children are tablets.
  /[\w ][ _-]W[Ii]-?[Ff]i(?![a-z])|iPlay|(?<![A-Za-z])(?:Kids|KIDS)(?![a-z])/,
  /SM-[TXP]\d|GT-(?:P|N[58])\d|(?<![A-Za-z])[A-Z][A-Za-z]{1,3}\d?-W[012]\d(?!\d)|(?<![A-Za-z/])(?:MID[-_ ]?\d|TB\d?-?[A-Z]?\d{3}|YT\d?-)|2\d{3}[0-9A-C]RP/,
  // Lenovo; Digma, which writes the inches first; Google, Dell, HTC, Barnes & Noble, Sony; Ritmix, Archos, Readboy, TECNO.
  /Lenovo[- _]?(?:A(?:[135]\d00|7600)-|B[68]0[08]0|S[56]000|PB-|TB)|(?<![A-Za-z])(?:(?:[PTNS]S|TT|CS(?=[1789]))\d{4}[MP][GLW])/,
  // Acer; others whose series are of tablets alone.
  /(?<![A-Za-z0-9])(?:[AB][137]-[A-Z\d]\d\d(?!\d)|Numy|MC_[A-Z]{4}|SUPRA M|CCIT A|Ginzzu[_ ]GT|Hope\d|TEL-\d|iRULU|PTBL|NXM\d|MOMO\d|Superion|Plane[_ ]\d)/,
  /Nexus (?:7|9|10)(?!\d)|Dell Streak 7|HTC[ _]Flyer|BNTV\d|Nook(?:Color|HD)|(?<![A-Za-z])(?:SGP(?:T\d|(?!412)\d)\d|RMD[-_]\d|AN\d+[A-Z]*G2|Readboy|TECNO P[79]0\d|MFC\d{3}|QS[0789]\d{3}[A-Z])|; P0[012][\dA-Z]{1,2}(?: Build|[;)])/,
]

/**
 * Models of phones. Their apps never say Mobile, nor do their browsers while such a phone is unfolded or asks for the pages of a
 * computer.
 */
export const phones: Marks = [
  /SM-(?:[ACEFGJMS]|N[79]|W20)\d|GT-(?:[IiS]\d|N7)|(?<![A-Za-z])(?:SCH-I[1-6]\d|SGH-(?!I467|I497|I9|T8)[A-Z]\d|SPH-[A-OQ-Z]\d|SHV-E[12]\d)/,
  /(?<![A-Za-z])(?:Pixel (?:\d|Fold)|Nexus (?:One|S|[4-6][XP]?)(?!\d)|Galaxy Nexus|CPH\d|P[DE][A-Z]M\d\d|RMX\d|ONEPLUS A\d|V2\d{3}[A-Z]{0,2}(?![\dA-Z])|vivo \d)/,
  /(?<![A-Za-z])(?:moto [egxz]|XT(?!2261)\d{4}|Nokia \d|LG-[A-OQ-UW-Z]\d|LM-[A-SU-Z]\d{3}|HTC[ _](?!Flyer|A10|PG)[A-Z]|H(?:UAWEI|uawei)[ _-][UGY]\d)/,
  /(?<![A-Za-z])(?:(?:LT|MT|ST|SK|WT)\d\d[ai]|C[126]\d{3}(?= Build|[);])|Redmi[ _](?!Pad)|POCO (?!Pad)|M[Ii] \d(?! ?P)|TECNO (?!DP|P\d|T\d)[A-Z]|Infinix X(?!1\d{3}))/,
  /(?<![A-Za-z])(?:ASUS_[XZ]\d|B(?:lade|LADE) |HM NOTE|[mM]eizu |Moto ?[CEGZ]|(?:AC|DN|GM|HD|IN|KB|LE)2\d{3}|Twist|EVERCOSS|Doro|LeEco|QMobile|Micromax [AEQ]|Karbonn|Symphony|WALTON|DOOGEE|Ulefone|UMIDIGI|W(?:iko|IKO))/,
  // Huawei and Honor, whose tablets end in 09 or 19; Xiaomi since 2023, whose tablets have RP in the middle.
  /(?<![A-Za-z0-9])[A-Z]{3}-(?:[AT]?L|A?N|[LN]X)(?!09|19)\d{1,2}(?!\d)|(?<!\d)2[3-9]\d\d[\dA-Z](?!RP)[A-Z]{2}[\dA-Z]{2,3}[A-Z](?![A-Za-z\d])|Surface Duo/,
  // Before browsers said Mobile: one of China's networks wanted the date of the release.
  /Opera Mobi\/| Release\/\S+ (?:Mozilla\S+ )?Browser\//,
]
