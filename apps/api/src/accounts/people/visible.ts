/** A letter, digit, sign or symbol that leaves something on the page. Not one of them: fillers, blank hieroglyphs, Braille's blank, the empty note, and the place of an object. */
export const VISIBLE =
  /(?![\p{Default_Ignorable_Code_Point}\u2800\uFFFC\u{13441}\u{13442}\u{1D159}])[\p{L}\p{N}\p{P}\p{S}]/u
