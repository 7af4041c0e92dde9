/** Finds what somebody probably meant: the known names nearest to a mistyped one. */

/** The longest name worth comparing: the effort grows with the product of the lengths. */
const LONGEST = 120;

/** Edits (insert, delete, replace, swap of neighbours) from one text to another. */
function distance(from: string, to: string): number {
  let older: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const line = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1] ? 0 : 1;
      let least = Math.min((above[column] ?? 0) + 1, (line[column - 1] ?? 0) + 1, (above[column - 1] ?? 0) + same);
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) least = Math.min(least, (older[column - 2] ?? 0) + 1);
      line.push(least);
    }
    older = above;
    above = line;
  }
  return above[to.length] ?? 0;
}

/** At most `limit` of the known names that are near to `given` (or contain it, or are contained in it), nearest first. */
export function nearest(given: string, known: readonly string[], limit = 1): string[] {
  const asked = given.toLowerCase().slice(0, LONGEST);
  if (asked === "") return [];
  const near: { name: string; edits: number }[] = [];
  for (const name of new Set(known)) {
    const lower = name.toLowerCase();
    const edits = distance(asked, lower.slice(0, LONGEST));
    const allowed = Math.max(1, Math.floor(Math.max(asked.length, lower.length) / 3));
    const within = asked.length >= 3 && (lower.includes(asked) || asked.includes(lower));
    if (edits <= allowed || within) near.push({ name, edits });
  }
  near.sort((one, other) => one.edits - other.edits || (one.name < other.name ? -1 : 1));
  return near.slice(0, limit).map((one) => one.name);
}
