/** What a terminal can show: colour, more than ASCII, redrawing in place, and how wide it is. */
import type { Level } from "../../protocol/level.ts";

/** How a terminal is written to. */
export interface TerminalStyle {
  readonly colour: boolean;
  /** Blocks, shapes and arrows; else ASCII alone. */
  readonly unicode: boolean;
  /** The cursor can be moved, so that a view is redrawn in place. */
  readonly live: boolean;
  readonly columns: number;
}

/** What is known of the output. */
export interface TerminalFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTTY: boolean;
  /** Undefined where there is no terminal. */
  readonly columns?: number | undefined;
}

/** Wide enough for every column, for output that goes to a file or a pipe. */
const DEFAULT_COLUMNS = 100;
const FEWEST_COLUMNS = 20;

/**
 * Follows https://no-color.org and force-color.org: NO_COLOR (not empty) switches colour off, FORCE_COLOR (not 0 or
 * false) on, also where there is no terminal; FORCE_COLOR wins, as in Node.
 */
export function styleOf({ env, isTTY, columns }: TerminalFacts): TerminalStyle {
  const dumb = env["TERM"] === "dumb";
  const forced = env["FORCE_COLOR"];
  const refused = (env["NO_COLOR"] ?? "") !== "";
  const colour =
    forced === undefined || forced === "" ? isTTY && !dumb && !refused : forced !== "0" && forced !== "false";
  const locale = env["LC_ALL"] ?? env["LC_CTYPE"] ?? env["LANG"] ?? "";
  return {
    colour,
    // Without a word from the locale (as in containers) the terminal is most likely a UTF-8 one.
    unicode: env["TERM"] !== "linux" && (locale === "" || /utf-?8/i.test(locale)),
    live: isTTY && !dumb,
    columns: Math.max(FEWEST_COLUMNS, isTTY && columns ? columns : DEFAULT_COLUMNS),
  };
}

const CODES = { bold: "1", dim: "2", red: "31", green: "32", yellow: "33", magenta: "35", cyan: "36" } as const;

/** A colour or weight of the terminal's own palette. */
export type Paint = keyof typeof CODES;

/** The text in these paints, or as it is where there is no colour. */
export function paint(style: TerminalStyle, text: string, ...paints: readonly Paint[]): string {
  if (!style.colour || text === "" || paints.length === 0) return text;
  return `\u001b[${paints.map((one) => CODES[one]).join(";")}m${text}\u001b[0m`;
}

/** How a level looks: never by colour alone. */
export const LEVEL_PAINTS: Readonly<Record<Level, readonly Paint[]>> = {
  OK: ["green"],
  WARN: ["yellow"],
  CRIT: ["red", "bold"],
  UNKNOWN: ["magenta"],
};

const SHAPES: Readonly<Record<Level, readonly [string, string]>> = {
  OK: ["●", "+"],
  WARN: ["▲", "!"],
  CRIT: ["■", "X"],
  UNKNOWN: ["◌", "?"],
};

/** The level's shape: readable without colour. */
export function shapeOf(style: TerminalStyle, level: Level): string {
  return SHAPES[level][style.unicode ? 0 : 1];
}
