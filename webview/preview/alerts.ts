/** Sample alerts for the preview and the tests: open ones, silences, a history and settings. Never shipped. */
import type { Alert, AlertRecord, AlertStep, Silence } from "../../protocol/alert.ts";
import type { SettingOrigin } from "../../protocol/config.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** An alert with everything at its most usual. */
export function sampleAlert(now: number, change: Partial<Alert> & Pick<Alert, "id" | "rule" | "title">): Alert {
  return {
    fingerprint: `${change.rule} ${JSON.stringify(change.labels ?? {})}`,
    metric: "system.memory.utilization",
    origin: "built in",
    status: "firing",
    level: "WARN",
    labels: {},
    value: 0.9,
    unit: "1",
    message: "",
    pendingSince: now - 3 * MINUTE,
    firingSince: now - 2 * MINUTE,
    resolvedAt: null,
    changedAt: now - 2 * MINUTE,
    flaps: 0,
    heldUntil: null,
    silencedBy: null,
    inhibitedBy: null,
    acknowledged: null,
    notifications: 1,
    teller: null,
    group: "",
    ...change,
  };
}

/** A silence over everything of one team. */
export function sampleSilence(now: number, change: Partial<Silence> = {}): Silence {
  return {
    id: "silence-1",
    matchers: { rule: "backup", team: "data*" },
    startsAt: now - 20 * MINUTE,
    endsAt: now + 40 * MINUTE,
    author: "ada",
    comment: "Backup moves to the new disk",
    ...change,
  };
}

/** The alerts of a story. */
export function sampleAlerts(now: number, story: "calm" | "crit" | "warn"): Alert[] {
  const one = (change: Partial<Alert> & Pick<Alert, "id" | "rule" | "title">): Alert => sampleAlert(now, change);
  if (story === "calm") return [];
  const backup = one({
    ...{ id: "a-backup", rule: "backup", title: "Backup is late", metric: "gorgon.file.age", unit: "s" },
    ...{ value: 93_600, origin: "folder analytics", silencedBy: "silence-1", firingSince: now - 50 * MINUTE },
    labels: { team: "data-platform", path: "/srv/backup/latest.tar" },
    message: "The newest backup is 1 d old; it is made every night",
  });
  if (story === "warn") {
    const disk = one({
      ...{ id: "a-disk", rule: "disk", title: "Disk", metric: "system.filesystem.utilization", value: 0.878 },
      labels: { "system.filesystem.mountpoint": "/data" },
      message: "Disk /data is filling up: 87.8 % is at or over 85 %",
      firingSince: now - 9 * MINUTE,
      acknowledged: { by: "ada", at: now - 4 * MINUTE, note: "cleaning up the old checkpoints" },
    });
    return [disk, backup];
  }
  const memory = one({
    ...{ id: "a-memory", rule: "memory", title: "Memory", level: "CRIT", value: 0.968 },
    labels: { "system.memory.state": "used" },
    message: "Memory is running out: 96.8 % is at or over 95 %",
  });
  const pressure = one({
    ...{ id: "a-pressure", rule: "pressure", title: "Memory pressure", value: 0.113, inhibitedBy: "a-memory" },
    ...{ metric: "gorgon.pressure.ratio", firingSince: now - MINUTE },
    labels: { "gorgon.pressure.resource": "memory" },
    message: "Tasks wait for memory: 11.3 % of the last 10 s",
  });
  const swap = one({
    ...{ id: "a-latency", rule: "query", title: "Query latency", metric: "sql.query.duration", unit: "ms", value: 812 },
    ...{ origin: "folder shop", flaps: 4, heldUntil: now + 3 * MINUTE, firingSince: now - 30_000 },
    labels: { team: "shop", database: "orders" },
    message: "The query of orders takes 812 ms, 500 ms are allowed",
  });
  const gpu = one({
    ...{ id: "a-gpu", rule: "gpu", title: "GPU temperature", metric: "hw.temperature", unit: "Cel", value: null },
    ...{ level: "UNKNOWN", firingSince: now - 6 * MINUTE },
    message: "nvidia-smi did not answer within 2 s",
  });
  const cpu = one({
    ...{ id: "a-cpu", rule: "cpu", title: "CPU", metric: "gorgon.cpu.busy", value: 0.74, status: "pending" },
    ...{ firingSince: null, pendingSince: now - 20_000, notifications: 0 },
    message: "74.0 % is at or over 70 %",
  });
  const over = one({
    ...{ id: "a-over", rule: "disk", title: "Disk", metric: "system.filesystem.utilization", value: 0.71 },
    ...{ status: "resolved", firingSince: now - 40 * MINUTE, resolvedAt: now - 3 * MINUTE },
    labels: { "system.filesystem.mountpoint": "/" },
    message: "Disk / is at 71.0 % again",
  });
  return [memory, pressure, backup, swap, gpu, cpu, over];
}

/** The same pseudo-random numbers for the same seed. */
function noise(seed: number): number {
  const x = Math.sin(seed * 12.9898) * 43_758.5453;
  return x - Math.floor(x);
}

/** What there was in the last week: a handful of rules, some of them often. */
export function sampleHistoryOfAlerts(now: number): AlertRecord[] {
  const open = sampleAlerts(now, "crit").map((alert) => ({ alert, steps: stepsOf(alert) }));
  const rules = [
    ["memory", "Memory", "CRIT"],
    ["disk", "Disk", "WARN"],
    ["backup", "Backup is late", "WARN"],
    ["gpu", "GPU temperature", "UNKNOWN"],
  ] as const;
  const fingerprints = new Map(open.map(({ alert }) => [alert.rule, alert.fingerprint]));
  const past = Array.from({ length: 26 }, (_, index): AlertRecord => {
    const [rule, title, level] = rules[index % rules.length] ?? rules[0];
    const start = now - (0.4 + index * 6 + 4 * noise(index)) * HOUR;
    const end = start + (4 + 90 * noise(index + 50)) * MINUTE;
    const alert = sampleAlert(now, {
      ...{
        id: `past-${String(index)}`,
        rule,
        title,
        level,
        fingerprint: fingerprints.get(rule) ?? `past ${rule}`,
        status: "resolved",
      },
      ...{ pendingSince: start - MINUTE, firingSince: start, resolvedAt: end, changedAt: end },
      labels: rule === "disk" ? { "system.filesystem.mountpoint": "/" } : {},
      message: `${title} was ${level}`,
    });
    return { alert, steps: stepsOf(alert) };
  });
  return [...open, ...past];
}

function stepsOf(alert: Alert): AlertStep[] {
  const { value } = alert;
  const step = (time: number, change: AlertStep["change"], level: Alert["level"], cause: string): AlertStep => ({
    ...{ time, change, level, value, cause },
  });
  const first = alert.level === "CRIT" ? "WARN" : alert.level;
  const steps = [step(alert.pendingSince, "pending", first, alert.message)];
  if (alert.firingSince !== null) {
    steps.push(step(alert.firingSince, "firing", first, ""));
    const middle = ((alert.resolvedAt ?? alert.changedAt) + alert.firingSince) / 2;
    if (alert.level === "CRIT") steps.push(step(middle, "worse", "CRIT", "95.2 % is at or over 95 %"));
    if (alert.acknowledged !== null)
      steps.push(step(alert.acknowledged.at, "acknowledged", alert.level, alert.acknowledged.by));
  }
  if (alert.resolvedAt !== null) steps.push(step(alert.resolvedAt, "resolved", "OK", "71.0 % is under 80 %"));
  return steps;
}

/** Settings from everywhere that they may come from. */
export function sampleSettings(): SettingOrigin[] {
  return [
    { key: "interval", value: "2 s", origin: "default", where: "" },
    { key: "rate.adaptive", value: "on", origin: "default", where: "" },
    { key: "bell.cpu.warn", value: "70 %", origin: "setting", where: "gorgon.bell.cpu" },
    { key: "bell.cpu.crit", value: "90 %", origin: "default", where: "" },
    { key: "bell.memory.crit", value: "95 %", origin: "user file", where: "/home/ada/.config/gorgon/gorgon.yaml" },
    { key: "rules.query", value: "500 ms", origin: "workspace file", where: "/home/ada/shop/gorgon.yaml" },
    { key: "history.days", value: "7 d", origin: "environment", where: "GORGON_HISTORY_DAYS" },
    { key: "sensors.disabled", value: "battery", origin: "flag", where: "--without battery" },
  ];
}
