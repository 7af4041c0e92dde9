/** Text in terminal columns: how wide it is, cutting, padding and wrapping. Text must be printable already. */

/** Scripts and pictures that take two columns (East Asian Wide and Fullwidth, emoji). */
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Yi}\p{Script=Tangut}\p{Emoji_Presentation}\u3000-\u303E\u30FB\u30FC\u3190-\u33FF\uFF01-\uFF60\uFFE0-\uFFE6]/u;
/** Katakana of half a width. */
const HALF = /[\uFF61-\uFFDC]/u;
const NO_WIDTH = /[\p{Mn}\p{Me}]/u;
/** Asks for the picture of what stands before it, which is wide where the letter was not. */
const AS_PICTURE = "\uFE0F";

function widthOfOne(character: string): number {
  // Rather a column too many, where a wide one stands before it already, than over the edge.
  if (character === AS_PICTURE) return 1;
  if (NO_WIDTH.test(character)) return 0;
  return !HALF.test(character) && WIDE.test(character) ? 2 : 1;
}

/** Columns that a text takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += widthOfOne(character);
  return width;
}

/** The text in at most `width` columns; what does not fit gives way to an ellipsis. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = "";
  let used = 0;
  for (const character of text) {
    const next = widthOfOne(character);
    if (used + next > width - 1) break;
    kept += character;
    used += next;
  }
  return width > 0 ? `${kept}…` : "";
}

/** The text filled up to `width` columns: at its end, or at its start for numbers. */
export function pad(text: string, width: number, side: "end" | "start" = "end"): string {
  const filler = " ".repeat(Math.max(0, width - widthOf(text)));
  return side === "end" ? text + filler : filler + text;
}

/** The text in lines of at most `width` columns, broken between words where that is possible. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const joined = line === "" ? word : `${line} ${word}`;
    if (widthOf(joined) <= width) {
      line = joined;
      continue;
    }
    if (line !== "") lines.push(line);
    line = "";
    // A word longer than a line (a path) is broken where the line ends: nothing of it may be lost.
    for (const character of word) {
      if (line !== "" && widthOf(line + character) > width) {
        lines.push(line);
        line = "";
      }
      line += character;
    }
  }
  return line === "" ? lines : [...lines, line];
}
