/** Snapshots of designed states that are more than a story: many alerts, hostile texts, pins, nothing known. Never shipped. */
import type { Alert } from "../../protocol/alert.ts";
import type { DashboardSnapshot } from "../../protocol/messages/webview.ts";
import type { WorkerState } from "../../protocol/state.ts";
import { sampleAlert, sampleSilence } from "./alerts.ts";
import { sampleSnapshot } from "./sample.ts";

/** HTML, Markdown, text that turns around, control characters. */
export const HOSTILE_TEXT = `<img src=x onerror="window.broken=1"> [link](command:x) **bold** $(bell) \u202eevil\u202c \u0007\u001b[31m\u0000end`;

function withState(
  snapshot: DashboardSnapshot,
  change: (state: WorkerState) => Partial<WorkerState>,
): DashboardSnapshot {
  const { state } = snapshot;
  return state === null ? snapshot : { ...snapshot, state: { ...state, ...change(state) } };
}

function withAlerts(snapshot: DashboardSnapshot, alerts: readonly Alert[]): DashboardSnapshot {
  return withState(snapshot, ({ bell }) => ({ bell: { ...bell, alerts } }));
}

/** So many open alerts, of every level. */
export function manyAlerts(now: number, amount = 120): DashboardSnapshot {
  const levels = ["WARN", "CRIT", "UNKNOWN"] as const;
  const alerts = Array.from({ length: amount }, (_, index) =>
    sampleAlert(now, {
      ...{ id: `many-${String(index)}`, rule: `rule-${String(index % 9)}`, title: `Container ${String(index)}` },
      level: levels[index % 3] ?? "WARN",
      firingSince: now - (index + 1) * 60_000,
      labels: { "container.name": `worker-${String(index)}`, team: index % 2 === 0 ? "data" : "web" },
      message: `Container worker-${String(index)} uses 9${String(index % 10)}.0 % of its memory`,
    }),
  );
  return withAlerts(sampleSnapshot({ now, story: "crit" }), alerts);
}

/** Everything that comes from outside is an attack, or endless. */
export function hostileSnapshot(now: number): DashboardSnapshot {
  const base = sampleSnapshot({ now, story: "warn", mount: HOSTILE_TEXT, hostname: HOSTILE_TEXT });
  const labels = { [HOSTILE_TEXT]: HOSTILE_TEXT, long: "x".repeat(100_000), __proto__: "text" };
  const alerts = [
    sampleAlert(now, {
      ...{ id: HOSTILE_TEXT, rule: HOSTILE_TEXT, title: HOSTILE_TEXT, origin: HOSTILE_TEXT, labels },
      message: HOSTILE_TEXT.repeat(1000),
      acknowledged: { by: HOSTILE_TEXT, at: now - 60_000, note: HOSTILE_TEXT },
      silencedBy: "silence-1",
    }),
    sampleAlert(now, { id: "long", rule: "long", title: "y".repeat(100_000), message: "z".repeat(100_000) }),
  ];
  const silence = sampleSilence(now, {
    matchers: { rule: "*" },
    author: HOSTILE_TEXT,
    comment: HOSTILE_TEXT.repeat(100),
  });
  return withState(base, (state) => ({
    bell: { ...state.bell, alerts, silences: [silence] },
    sensors: state.sensors.map((sensor) => ({
      ...sensor,
      ok: false,
      sensor: HOSTILE_TEXT + sensor.sensor,
      reason: HOSTILE_TEXT,
    })),
    problems: [{ source: HOSTILE_TEXT, key: HOSTILE_TEXT, value: HOSTILE_TEXT, message: HOSTILE_TEXT }],
  }));
}

/** Charts on the overview: one with values, one without. */
export function pinnedSnapshot(now: number): DashboardSnapshot {
  const base = sampleSnapshot({ now });
  const frames = base.history?.network.filter((one) => one.attributes["network.interface.name"] === "eth0") ?? [];
  const series = frames.map(({ metric, attributes }) => ({ metric, attributes }));
  const cpu = base.history?.cpu ?? [];
  return {
    ...base,
    pins: [
      { id: "pin-1", series },
      { id: "pin-2", series: cpu.map(({ metric, attributes }) => ({ metric, attributes })) },
      { id: "pin-3", series: [{ metric: "container.memory.usage", attributes: { "container.name": "redis" } }] },
    ],
    pinned: { "pin-1": frames, "pin-2": cpu, "pin-3": [] },
  };
}

/** A machine whose values cannot be read. */
export function unknownSnapshot(now: number): DashboardSnapshot {
  const reason = "/proc/meminfo: permission denied";
  const base = withState(sampleSnapshot({ now }), (state) => ({
    bell: {
      ...state.bell,
      level: "UNKNOWN",
      since: now - 90_000,
      headline: "Memory is not known",
      verdicts: state.bell.verdicts.map((verdict) =>
        verdict.rule.id === "memory"
          ? { ...verdict, level: "UNKNOWN", value: null, reason, since: now - 90_000 }
          : verdict,
      ),
    },
    sensors: state.sensors.map((sensor) =>
      sensor.sensor === "memory" ? { ...sensor, ok: false, reason, failures: 45 } : sensor,
    ),
  }));
  const alert = sampleAlert(now, {
    id: "a-unknown",
    rule: "memory",
    title: "Memory",
    level: "UNKNOWN",
    value: null,
    message: reason,
  });
  return withAlerts(base, [alert]);
}
