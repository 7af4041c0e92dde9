/** What the bell tells in a week of a busy developer's machine, with its own defaults. Prints the table of docs/bell.md. */
import { pathToFileURL } from "node:url";
import type { Alert } from "../protocol/alert.ts";
import type { Attributes, MetricInfo } from "../protocol/reading.ts";
import { AlertBook } from "../server/bell/alerts/book.ts";
import { Bell } from "../server/bell/bell.ts";
import { judge, type HubView } from "../server/bell/judge.ts";
import { rulesOf } from "../server/bell/rules.ts";
import { defaultConfig } from "../server/config/defaults.ts";
import { silentLog } from "../server/host/log.ts";
import { ManualClock } from "../server/host/manual-clock.ts";
import type { Latest } from "../server/octopus/hub.ts";
import { machineWeek, WEEK_START, type WeekSample } from "./machine-week.ts";

/** The seed of the week in the document. */
export const SEED = 20_260_105;
/** As often as VS Code's window polls is five times as much work for the same answer to within seconds. */
const INTERVAL_MS = 10_000;
const DAY_MS = 86_400_000;
const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;

/** What one day came to. */
export interface WeekDay {
  readonly day: string;
  /** How often some rule's value crossed its CRIT threshold. */
  readonly crossings: number;
  /** Alerts that fired, WARN and CRIT. */
  readonly fired: number;
  /** One line a notification: when, and what it said. */
  readonly told: readonly string[];
}

/** The week through the real judge and the real book. */
export function busyWeek(seed = SEED): readonly WeekDay[] {
  const clock = new ManualClock(WEEK_START);
  const rules = rulesOf(defaultConfig().config);
  const view = new WeekView();
  const node = "devbox";
  const book = new AlertBook({ node, log: silentLog });
  const hub = Object.assign(view, { node, on: () => ({ dispose: () => undefined }) });
  const bell = new Bell({ hub, rules, clock, log: silentLog, book });
  const days = DAYS.map((day) => ({ day, crossings: 0, fired: new Set<string>(), told: [] as string[] }));
  const counts = new Map<string, number>();
  let crit: ReadonlySet<string> = new Set();
  const dayNow = () => days[Math.floor((clock.now() - WEEK_START) / DAY_MS)];
  const hear = (alerts: readonly Alert[]) => {
    const grown = alerts.filter(({ id, notifications }) => notifications > (counts.get(id) ?? 0));
    for (const { id, notifications } of alerts) counts.set(id, notifications);
    for (const { id, status } of alerts) if (status === "firing") dayNow()?.fired.add(id);
    // Alerts of one cause are one notification.
    for (const group of new Set(grown.map((alert) => alert.group))) {
      const messages = grown.filter((alert) => alert.group === group).map(({ message }) => message);
      dayNow()?.told.push(`${new Date(clock.now()).toISOString().slice(11, 16)} ${messages.join("; ")}`);
    }
  };
  bell.on(({ alerts }) => hear(alerts));
  for (const sample of machineWeek(seed, INTERVAL_MS)) {
    const ahead = sample.time - clock.now();
    // The machine sleeps: its wall clock jumps when it wakes.
    if (ahead > 2 * INTERVAL_MS) clock.jump(ahead);
    else clock.advance(Math.max(0, ahead));
    view.take(sample);
    bell.judge();
    const now = new Set(
      judge(rules, view, clock.now()).flatMap(({ rule, level }) => (level === "CRIT" ? [rule.id] : [])),
    );
    const day = dayNow();
    if (day !== undefined) day.crossings += [...now].filter((id) => !crit.has(id)).length;
    crit = now;
  }
  bell.dispose();
  return days.map(({ day, crossings, fired, told }) => ({ day, crossings, fired: fired.size, told }));
}

/** The document's table. */
export function tableOf(days: readonly WeekDay[]): string {
  const rows = days.map(({ day, crossings, fired, told }) =>
    [day, String(crossings), String(fired), String(told.length), told.length === 0 ? "" : told.join("<br>")].join(
      " | ",
    ),
  );
  return [
    "| day | times over a CRIT threshold | alerts that fired | notifications | which |",
    "| --- | --- | --- | --- | --- |",
    ...rows.map((row) => `| ${row} |`),
  ].join("\n");
}

const info = (name: string, kind: MetricInfo["kind"] = "gauge"): MetricInfo => ({
  name,
  unit: "1",
  kind,
  description: "",
});

/** The hub as the judge sees it: one crab's newest values. */
class WeekView implements HubView {
  readonly #infos = new Map(
    [
      info("gorgon.cpu.busy"),
      info("system.memory.utilization"),
      info("system.paging.utilization"),
      info("gorgon.pressure.ratio"),
      info("system.filesystem.utilization"),
      { ...info("gorgon.oom.kills", "counter"), unit: "{event}" } as const,
    ].map((one) => [one.name, one]),
  );
  #latest: readonly Latest[] = [];

  take(sample: WeekSample): void {
    const at = (metric: string, value: number, attributes: Attributes): Latest => ({
      reading: { metric, value, attributes },
      time: sample.time,
      crab: "guardian",
      intervalMs: INTERVAL_MS,
    });
    const pressure = {
      "gorgon.pressure.resource": "memory",
      "gorgon.pressure.kind": "full",
      "gorgon.pressure.window": "10s",
    };
    this.#latest = [
      at("gorgon.cpu.busy", sample.cpu, {}),
      at("system.memory.utilization", sample.memory, { "system.memory.state": "used" }),
      at("system.paging.utilization", sample.swap, { "system.paging.state": "used" }),
      at("gorgon.pressure.ratio", sample.memoryPressure, pressure),
      at("gorgon.oom.kills", sample.oomKills, { "gorgon.cgroup": "host" }),
      ...Object.entries(sample.disk).map(([mount, value]) =>
        at("system.filesystem.utilization", value, { "system.filesystem.mountpoint": mount }),
      ),
    ];
  }

  latest(metric: string, match: Attributes = {}): readonly Latest[] {
    const wanted = Object.entries(match);
    return this.#latest.filter(
      ({ reading }) => reading.metric === metric && wanted.every(([key, value]) => reading.attributes[key] === value),
    );
  }

  source(metric: string) {
    const found = this.#infos.get(metric);
    if (found === undefined) return null;
    return { info: found, crab: "guardian", sensor: "week", intervalMs: INTERVAL_MS, failure: null };
  }

  list() {
    return [];
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) console.log(tableOf(busyWeek()));
