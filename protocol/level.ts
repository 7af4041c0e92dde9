/** The bell's four answers. */

/** `UNKNOWN` means that nothing can be said: the value is missing, stale or its sensor fails. It is never good news. */
export type Level = "OK" | "UNKNOWN" | "WARN" | "CRIT";

/** From best to worst. UNKNOWN is worse than OK (it may hide anything) and better than what is known to be bad. */
export const LEVELS: readonly Level[] = ["OK", "UNKNOWN", "WARN", "CRIT"];

/** The worst of some levels; UNKNOWN for none at all. */
export function worst(levels: Iterable<Level>): Level {
  let found = -1;
  for (const level of levels) found = Math.max(found, LEVELS.indexOf(level));
  return LEVELS[found] ?? "UNKNOWN";
}
