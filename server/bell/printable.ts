/** Makes names and labels from outside safe to print: a terminal must never obey what a file system is called. */

/** Controls, formatting (which can reorder text), line separators and lone surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
/** Where Unicode keeps visible pictures of the 32 oldest controls. */
const CONTROL_PICTURES = 0x2400;

/** The text on one line without anything that a terminal acts on, at most `limit` characters long. */
export function printable(text: string, limit = 200): string {
  const shown = text.slice(0, limit + 1).replace(UNPRINTABLE, (one) => {
    const code = one.codePointAt(0) ?? 0;
    return code < 0x20 ? String.fromCodePoint(CONTROL_PICTURES + code) : "\uFFFD";
  });
  return shown.length > limit ? `${shown.slice(0, limit - 1)}…` : shown;
}
