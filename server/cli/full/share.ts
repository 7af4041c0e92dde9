/** Shares a number of lines out: first each part gets the least that makes sense, then the first ones what they want. */

/** What one part of a screen wants, lines. */
export interface Want {
  readonly least: number;
  readonly most: number;
}

/** As many lines for each part; together never more than `lines`. Who comes first is served first. */
export function share<W extends readonly Want[]>(lines: number, wants: W): { readonly [I in keyof W]: number } {
  let left = Math.max(0, lines);
  const given = wants.map(({ least, most }) => {
    const part = Math.min(left, least, most);
    left -= part;
    return part;
  });
  const whole = given.map((part, index) => {
    const more = Math.min(left, Math.max(0, (wants[index]?.most ?? 0) - part));
    left -= more;
    return part + more;
  });
  return whole as unknown as { readonly [I in keyof W]: number };
}
