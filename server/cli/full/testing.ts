/** States, alerts and styles for the tests of the screens. */
import type { Alert, Silence } from "../../../protocol/alert.ts";
import type { ProcessRow, WorkerState } from "../../../protocol/state.ts";
import { stateWith, verdict } from "../../bell/testing.ts";
import type { TerminalStyle } from "../../bell/terminal-style.ts";

export const NOW = Date.UTC(2026, 0, 1, 12, 30, 15);

/** Without colour, so that a picture in a test can be read. */
export function plain(columns: number): TerminalStyle {
  return { colour: false, unicode: true, live: true, columns };
}

/** An alert that fires since twelve minutes. */
export function alert(id: string, over: Partial<Alert> = {}): Alert {
  return {
    id: `here/${id}`,
    fingerprint: id,
    rule: "disk",
    title: "Disk",
    metric: "system.filesystem.utilization",
    origin: "built in",
    status: "firing",
    level: "CRIT",
    labels: { "system.filesystem.mountpoint": "/data" },
    value: 0.96,
    unit: "1",
    message: "Disk /data is nearly full: 96.0 %",
    pendingSince: NOW - 780_000,
    firingSince: NOW - 720_000,
    resolvedAt: null,
    changedAt: NOW - 720_000,
    flaps: 0,
    heldUntil: null,
    silencedBy: null,
    inhibitedBy: null,
    acknowledged: null,
    notifications: 1,
    teller: null,
    group: "here disk",
    ...over,
  };
}

/** A silence of a rule for another hour. */
export function silence(id: string, matchers = { rule: "disk" }): Silence {
  return { id: `here/${id}`, matchers, startsAt: NOW, endsAt: NOW + 3_600_000, author: "mo", comment: "moving files" };
}

/** A process. */
export function row(pid: number, name: string, over: Partial<ProcessRow> = {}): ProcessRow {
  const unknown = { cpu: null, memoryBytes: null, gpuMemoryBytes: null, ioRate: null, threads: null };
  return { pid, name, detail: "", startedAt: 0, ...unknown, ...over };
}

const MIB = 2 ** 20;

/** Three levels, three alerts, three processes. */
export function busyState(): WorkerState {
  const state = stateWith(
    [
      verdict("cpu", "OK", 0.342),
      verdict("memory", "WARN", 0.81, { reason: "81.0 % is at or over 80 %" }),
      verdict("disk", "CRIT", 0.96, {
        reason: "96.0 % is at or over 95 %",
        attributes: { "system.filesystem.mountpoint": "/data" },
      }),
    ],
    "CRIT",
    "2 things need attention: disk /data is nearly full: 96.0 %; memory is getting short: 81.0 %",
  );
  const alerts = [
    alert("a"),
    alert("b", {
      rule: "memory",
      level: "WARN",
      message: "Memory is getting short: 81.0 %",
      labels: {},
      acknowledged: { by: "mo", at: NOW, note: "" },
    }),
    alert("c", { rule: "cpu", level: "WARN", message: "CPU is busy: 75.0 %", labels: {}, status: "pending" }),
  ];
  const rows = [
    row(811, "node", { detail: "bench.ts", cpu: 1.48, memoryBytes: 237 * MIB, ioRate: 2048, threads: 11 }),
    row(4711, "python3", { detail: "train.py", cpu: 0.5, memoryBytes: 1200 * MIB, ioRate: 0, threads: 24 }),
    row(12, "編集器", { cpu: null, memoryBytes: 8 * MIB }),
  ];
  return { ...state, time: NOW, bell: { ...state.bell, alerts }, processes: { time: NOW, intervalMs: 1, rows } };
}
