/** How the values of a series are written and which axis they share: counters are shown as what they grow by a second. */
import { t } from "@vscode/l10n";
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

/** For the unit's heading. */
function wordsOf(unit: Unit): string {
  switch (unit) {
    case "1":
      return t("Percent");
    case "By":
      return t("Bytes");
    case "s":
    case "ms":
      return t("Time");
    case "Cel":
      return t("Temperature");
    case "W":
      return t("Power");
    case "{connection}":
      return t("Connections");
    case "{core}":
      return t("Cores");
    case "{error}":
      return t("Errors");
    case "{event}":
      return t("Events");
    case "{file}":
      return t("Files");
    case "{inode}":
      return t("Inodes");
    case "{operation}":
      return t("Operations");
    case "{packet}":
      return t("Packets");
    case "{process}":
      return t("Processes");
    case "{row}":
      return t("Rows");
    case "{segment}":
      return t("Segments");
    case "{thread}":
      return t("Threads");
    case "{epoch}":
      return t("Epochs");
    case "{batch}":
      return t("Batches");
    case "{value}":
      return t("Values");
    case "By/s":
      return rateWords("By");
    case "{error}/s":
      return rateWords("{error}");
    case "{operation}/s":
      return rateWords("{operation}");
    case "{packet}/s":
      return rateWords("{packet}");
    case "{batch}/s":
      return rateWords("{batch}");
  }
}

function rateWords(unit: Unit): string {
  return t("{0} a second", wordsOf(unit));
}

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
    words: rateWords(unit),
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
  // As values are written: `3`, `3/s`.
  const suffix = unit === "Cel" ? "°C" : unit.replace(/^\{.*\}/, "");
  return {
    id: unit,
    words: wordsOf(unit),
    binary,
    format: (value) => formatValue(value, unit),
    brief: (value) => formatThreshold(value, unit),
    typed: Object.hasOwn(typed, unit) ? typed[unit as keyof typeof typed] : { factor: 1, suffix },
  };
}
