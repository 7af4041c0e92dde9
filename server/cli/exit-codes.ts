/** The exit codes of `gorgon`, the same for every command. Levels follow the monitoring plugins' convention. */
import type { Level } from "../../protocol/level.ts";

export const EXIT_OK = 0;
/** `doctor`: something is broken. */
export const EXIT_BROKEN = 1;
/** The command line, or a value on it, cannot be used (EX_USAGE). */
export const EXIT_USAGE = 64;
/** A defect of Gorgon itself (EX_SOFTWARE). */
export const EXIT_DEFECT = 70;

/** The last level, for `bell --iterations`. */
export const EXIT_BY_LEVEL: Readonly<Record<Level, number>> = { OK: 0, WARN: 1, CRIT: 2, UNKNOWN: 3 };
