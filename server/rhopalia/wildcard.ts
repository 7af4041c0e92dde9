/** Names with `*` (anything) and `?` (one character), matched in time that grows with both lengths and no faster. */

/** Whether the whole name matches. Case counts. */
export function matches(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  // Where to go on when the last star must take one character more.
  let starAt = -1;
  let takenTo = 0;
  while (n < name.length) {
    if (p < pattern.length && pattern[p] === "*") {
      starAt = p++;
      takenTo = n;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === name[n])) {
      p++;
      n++;
    } else if (starAt >= 0) {
      p = starAt + 1;
      n = ++takenTo;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

/** Whether a text holds `*` or `?`. */
export function isPattern(text: string): boolean {
  return /[*?]/.test(text);
}
