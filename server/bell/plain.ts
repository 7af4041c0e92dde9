/** The bell as plain lines for scripts: one a poll, CPU and memory of one crab, in a format that never changes. */
import type { Rule } from "../../protocol/bell.ts";
import { type Level, worst } from "../../protocol/level.ts";
import { defaultConfig } from "../config/defaults.ts";
import type { Clock } from "../host/host.ts";
import type { Hub } from "../octopus/hub.ts";
import { type HubView, judge, type Judgement } from "./judge.ts";
import { pause } from "./pause.ts";
import { rulesOf } from "./rules.ts";

/** A rate needs two readings: so long after the first comes the second. */
const PRIMING_MS = 500;

/** What the plain bell needs. */
export interface PlainBellOptions {
  readonly hub: Hub;
  /** The crab to watch. */
  readonly crab: string;
  /** Lines to print; Infinity goes on until the signal aborts. */
  readonly iterations: number;
  /** Milliseconds between two lines. */
  readonly intervalMs: number;
  readonly write: (text: string) => void;
  readonly clock: Clock;
  /** Thresholds come from the rules `cpu` and `memory`; by default those built in. */
  readonly rules?: readonly Rule[];
  readonly signal?: AbortSignal;
}

/**
 * Prints the lines between two banners and gives the last line's worse level. Throws UnknownCrab before anything is
 * printed, when the crab is not registered.
 */
export async function runPlainBell(options: PlainBellOptions): Promise<Level> {
  const { hub, crab, iterations, intervalMs, write, clock, signal } = options;
  const rules = (options.rules ?? rulesOf(defaultConfig().config)).filter(
    (one) => one.id === "cpu" || one.id === "memory",
  );
  hub.get(crab);
  const view = onlyCrab(hub, crab);
  write(`Starting GorgonBellCLI for crab '${crab}'...\n\n`);
  await hub.collectOnce(crab);
  await pause(clock, Math.min(PRIMING_MS, intervalMs), signal);
  let level: Level = "UNKNOWN";
  for (let index = 1; index <= iterations && signal?.aborted !== true; index++) {
    if (index > 1) await pause(clock, intervalMs, signal);
    // The abort came while it paused.
    if (isAborted(signal)) break;
    await hub.collectOnce(crab);
    const judgements = judge(rules, view, clock.now());
    write(`${plainLine(index, judgements)}\n`);
    level = worst(judgements.map((one) => one.level));
  }
  write("\nGorgonBellCLI session finished.\n");
  return level;
}

/** One line: `[1] CPU:  12.5% (OK  )   MEM:  81.0% (WARN)`. A value that is not there is `n/a`, never 0. */
export function plainLine(index: number, judgements: readonly Pick<Judgement, "rule" | "level" | "value">[]): string {
  const part = (id: string) => {
    const found = judgements.find((one) => one.rule.id === id);
    const value = found?.value ?? null;
    const number = (value === null ? "n/a" : (value * 100).toFixed(1)).padStart(5);
    return `${number}% (${(found?.level ?? "UNKNOWN").padEnd(4)})`;
  };
  return `[${String(index)}] CPU: ${part("cpu")}   MEM: ${part("memory")}`;
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** The hub as if this crab were its only one. */
function onlyCrab(hub: HubView, crab: string): HubView {
  return {
    latest: (metric, match) => hub.latest(metric, match).filter((one) => one.crab === crab),
    source: (metric) => {
      const source = hub.source(metric);
      return source?.crab === crab ? source : null;
    },
    list: () => hub.list().filter((one) => one.name === crab),
  };
}
