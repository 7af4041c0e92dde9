/** Text from outside (names, paths, reasons) on one line: without what cannot be seen or would turn around the text beside it. */

/** Control characters, and the invisible ones that reorder text. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
export const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

/** One line of visible text, at most `most` characters. */
export function plain(text: string, most = 300): string {
  const line = text.replace(INVISIBLE, " ").trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}
