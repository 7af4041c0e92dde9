/** How the values of a series are written and which axis they share: counters are shown as what they grow by a second. */
import { formatThreshold, formatValue } from "../../protocol/format.ts";
import type { MetricKind, Unit } from "../../protocol/reading.ts";

/** A unit as it is shown. */
export interface ShownUnit {
  /** One axis an id. */
  readonly id: string;
  /** For the unit's heading. */
  readonly words: string;
  /** Axis steps are powers of two. */
  readonly binary: boolean;
  readonly format: (value: number | null) => string;
  /** Short, for axes and thresholds: `70 %`, not `70.0 %`. */
  readonly brief: (value: number) => string;
  /** What a person types, and what it is multiplied with: percent is a hundredth. */
  readonly typed: { readonly factor: number; readonly suffix: string };
}

const WORDS: Readonly<Partial<Record<Unit, string>>> = {
  "1": "Percent",
  By: "Bytes",
  "By/s": "Bytes a second",
  s: "Time",
  ms: "Time",
  Cel: "Temperature",
  W: "Power",
};

/** Units that have a unit of their own for their rate. */
const RATES: Readonly<Partial<Record<Unit, Unit>>> = {
  By: "By/s",
  // Seconds a second: a share of the time.
  s: "1",
  "{operation}": "{operation}/s",
  "{packet}": "{packet}/s",
  "{error}": "{error}/s",
};

/** How a series is shown. */
export function shownUnit({ unit, kind }: { readonly unit: Unit; readonly kind: MetricKind }): ShownUnit {
  if (kind === "gauge") return plain(unit);
  const rate = RATES[unit];
  if (rate !== undefined) return plain(rate);
  const { format, brief } = plain(unit);
  return {
    id: `${unit}/s`,
    words: `${nounOf(unit)} a second`,
    binary: false,
    format: (value) => `${format(value)}/s`,
    brief: (value) => `${brief(value)}/s`,
    typed: { factor: 1, suffix: "/s" },
  };
}

function plain(unit: Unit): ShownUnit {
  const binary = unit === "By" || unit === "By/s";
  const typed = {
    "1": { factor: 0.01, suffix: "%" },
    By: { factor: 2 ** 20, suffix: "MiB" },
    "By/s": { factor: 2 ** 20, suffix: "MiB/s" },
  };
  const suffix = unit === "Cel" ? "°C" : unit.replace(/^\{(.*)\}/, "$1");
  return {
    id: unit,
    words: WORDS[unit] ?? nounOf(unit),
    binary,
    format: (value) => formatValue(value, unit),
    brief: (value) => formatThreshold(value, unit),
    typed: Object.hasOwn(typed, unit) ? typed[unit as keyof typeof typed] : { factor: 1, suffix },
  };
}

/** `{operation}/s` as `Operations a second`. */
function nounOf(unit: string): string {
  const found = /^\{(\w+)\}(\/s)?$/.exec(unit);
  if (found === null) return unit;
  const noun = found[1] ?? "";
  const plural = /(s|ch)$/.test(noun) ? `${noun}es` : noun.replace(/([^aeiou])y$/, "$1ie") + "s";
  return `${plural.charAt(0).toUpperCase()}${plural.slice(1)}${found[2] === undefined ? "" : " a second"}`;
}
