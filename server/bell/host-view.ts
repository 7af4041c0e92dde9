/** The machine as a Jupyter server is told it: the bell's verdicts as levels with their last minutes, and its alerts. */
import { t } from "@vscode/l10n";
import type { Alert } from "../../protocol/alert.ts";
import type { BellState, Verdict } from "../../protocol/bell.ts";
import { formatBytes } from "../../protocol/format.ts";
import { LEVELS, worst, type Level } from "../../protocol/level.ts";
import type { HostAlert, HostLevel, HostView } from "../../protocol/messages/jupyter.ts";
import { seriesKey, type Attributes } from "../../protocol/reading.ts";
import type { Glance } from "../../protocol/state.ts";
import type { Clock } from "../host/host.ts";
import { glanceOf } from "../octopus/glance.ts";
import type { Hub } from "../octopus/hub.ts";
import { fingerprintOf } from "./alerts/text.ts";
import { headline } from "./headline.ts";
import { crossedWords } from "./judge.ts";
import { printable } from "./printable.ts";
import { BUILT_IN, ruleName } from "./rules.ts";
import { seriesName } from "./series-name.ts";
import { Trails, type Trail, type TrailOf } from "./trails.ts";
import { STALE_AFTER_INTERVALS } from "./unknown.ts";

/** An answer is one line of JSON, which the other end takes up to 1 MiB: with all of these full it has half of that. */
const MOST_LEVELS = 48;
const MOST_ALERTS = 100;
const MAX_TITLE = 60;
const MAX_TEXT = 500;
const MAX_HEADLINE = 2000;

/** Rules that are shown once for each thing they judge: a full disk beside one with room are two answers. */
const EACH: ReadonlySet<string> = new Set(["disk", "gpu-memory", "gpu-temperature"]);
/** Of one rule; of more the worst. */
const MOST_OF_A_RULE = 12;

/** What the view is made from beside the bell's state. */
export interface Machine {
  readonly hub: Pick<Hub, "latest" | "source">;
  readonly glance: Glance;
  readonly now: number;
}

/** A level before its points are known, and which series they are of. */
export interface HostRow extends Omit<HostLevel, "points"> {
  readonly trail: TrailOf;
}

/**
 * Whether it is said of notebook kernels by a rule that is built in. Who is told this view has kernels of its own to tell of, knows
 * better why one died, and others' are none of its business; a rule that the user wrote stays.
 */
function ofKernels({ origin, metric }: { readonly origin: string; readonly metric: string }): boolean {
  return origin === BUILT_IN && metric.startsWith("jupyter.kernel.");
}

/** The levels in the order of the rules, with an id that stays while the thing is there. */
export function hostRows({ verdicts, alerts }: Pick<BellState, "verdicts" | "alerts">, machine: Machine): HostRow[] {
  const rows = verdicts.filter(({ rule }) => !ofKernels(rule)).flatMap((one) => rowsOf(one, alerts, machine));
  return rows.slice(0, MOST_LEVELS);
}

/** The whole, of rows and their points. */
export function hostView(state: BellState, rows: readonly HostRow[], points: readonly Trail[]): HostView {
  const verdicts = state.verdicts.filter(({ rule }) => !ofKernels(rule));
  return {
    time: state.time,
    node: printable(state.node),
    by: "worker",
    level: worst(verdicts.map(({ level }) => level)),
    headline: printable(headline(verdicts), MAX_HEADLINE),
    levels: rows.map(({ id, title, level, value, unit, detail }, index) => {
      return { id, title, level, value, unit, detail, points: points[index] ?? [] };
    }),
    alerts: state.alerts
      .filter((alert) => alert.status !== "pending" && !ofKernels(alert))
      .slice(0, MOST_ALERTS)
      .map(hostAlert),
  };
}

/** What makes views. */
export interface HostViewsOptions {
  readonly hub: Machine["hub"] & Pick<Hub, "query">;
  readonly clock: Clock;
  /** Until the sensor says it. */
  readonly cores: () => number;
}

/** Makes views. Points are asked of the store once a second at the most, however many ask. */
export class HostViews {
  readonly #options: HostViewsOptions;
  readonly #trails: Trails;

  constructor(options: HostViewsOptions) {
    this.#options = options;
    this.#trails = new Trails((query) => options.hub.query(query), options.clock);
  }

  /** The view of this state. Never rejects: what the store cannot tell is without points. */
  async of(state: BellState): Promise<HostView> {
    const { hub, clock, cores } = this.#options;
    const now = clock.now();
    const rows = hostRows(state, { hub, now, glance: glanceOf(hub, cores(), now) });
    return hostView(state, rows, await this.#trails.of(rows.map(({ trail }) => trail)));
  }
}

/** One series as it is judged. */
interface Judged {
  readonly attributes: Attributes;
  readonly value: number | null;
  readonly level: Level;
  readonly reason: string;
}

function rowsOf(verdict: Verdict, alerts: readonly Alert[], machine: Machine): HostRow[] {
  const { rule, unit } = verdict;
  const each = rule.origin === BUILT_IN && EACH.has(rule.id);
  return (each ? seriesOf(verdict, alerts, machine) : [verdict]).map(({ attributes, value, level, reason }) => {
    const name = seriesName(attributes, rule.match);
    const title = printable(rule.title, MAX_TITLE);
    return {
      id: printable(each && name !== "" ? `${rule.id} ${name}` : ruleName(rule)),
      title: name === "" ? title : `${title} ${name}`,
      ...{ level, value, unit },
      detail: printable(reason, MAX_TEXT) || (level === "OK" ? usual(verdict, attributes, machine) : ""),
      trail: { rule, attributes, match: each ? rule.match : attributes },
    };
  });
}

/** The verdict, which is on the worst series, and what it says of the others. */
function seriesOf(verdict: Verdict, alerts: readonly Alert[], { hub, now }: Machine): readonly Judged[] {
  const { rule, unit } = verdict;
  // Of a sensor that fails nothing but the verdict is known.
  if (verdict.value === null || hub.source(rule.metric)?.failure !== null) return [verdict];
  const firing = alerts.filter(({ status }) => status === "firing");
  const levels = new Map(firing.map(({ fingerprint, level }) => [fingerprint, level]));
  const judged = seriesKey(rule.metric, verdict.attributes);
  const others = hub
    .latest(rule.metric, rule.match)
    .filter(({ time, intervalMs }) => now - time <= STALE_AFTER_INTERVALS * intervalMs)
    .filter(({ reading }) => seriesKey(rule.metric, reading.attributes) !== judged)
    .map(({ reading: { attributes, value } }): Judged => {
      const level = levels.get(fingerprintOf(rule, attributes)) ?? "OK";
      return { attributes, value, level, reason: crossedWords(rule, level, value, unit) };
    })
    .sort((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level) || (b.value ?? 0) - (a.value ?? 0));
  const name = ({ attributes }: Judged) => seriesKey("", attributes);
  return [verdict, ...others].slice(0, MOST_OF_A_RULE).sort((a, b) => (name(a) < name(b) ? -1 : 1));
}

/** What there is of a thing that is well. */
function usual({ rule }: Verdict, attributes: Attributes, { hub, glance }: Machine): string {
  if (rule.origin !== BUILT_IN) return "";
  const { cpu, memory } = glance;
  switch (rule.id) {
    case "cpu":
      return cpu.load1 === null
        ? ""
        : t("load {load}, cores: {cores}", { load: cpu.load1.toFixed(2), cores: cpu.cores });
    case "memory":
      return memory.limitedBy === "host"
        ? used(memory.used, memory.limit)
        : usedOfLimit(memory.used, memory.limit, memory.limitedBy);
    case "swap":
      return used(memory.swapUsed, memory.swapTotal);
    case "disk": {
      const mount = { "system.filesystem.mountpoint": attributes["system.filesystem.mountpoint"] ?? "" };
      const now = (metric: string, match: Attributes) => hub.latest(metric, match)[0]?.reading.value ?? null;
      return used(
        now("system.filesystem.usage", { ...mount, "system.filesystem.state": "used" }),
        now("system.filesystem.limit", mount),
      );
    }
    case "gpu-memory": {
      const gpu = glance.gpu?.find(({ id }) => id === attributes["hw.id"]);
      return used(gpu?.memoryUsed ?? null, gpu?.memoryTotal ?? null);
    }
    default:
      return "";
  }
}

function used(bytes: number | null, of: number | null): string {
  if (bytes === null || of === null) return "";
  return t("{used} of {size} are in use", { used: formatBytes(bytes), size: formatBytes(of) });
}

function usedOfLimit(bytes: number | null, of: number | null, by: string): string {
  if (bytes === null || of === null) return "";
  return t("{used} of {size} are in use; the limit is that of {source}", {
    ...{ used: formatBytes(bytes), size: formatBytes(of), source: printable(by, MAX_TITLE) },
  });
}

function hostAlert(alert: Alert): HostAlert {
  const { id, level, firingSince, pendingSince, resolvedAt } = alert;
  const message = printable(alert.message, MAX_TEXT);
  return {
    ...{ id, title: printable(alert.title, MAX_TITLE), level },
    ...{ since: firingSince ?? pendingSince, endedAt: resolvedAt },
    message: alert.silencedBy === null ? message : t("Silenced: {0}", message),
  };
}
