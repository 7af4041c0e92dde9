/** What Gorgon costs, what its sensors do and where each setting came from, in words. Pure. */
import type { SettingOrigin } from "../../protocol/config.ts";
import { ABSENT, formatBytes, formatDuration, formatRatio, formatRole } from "../../protocol/format.ts";
import type { DashboardSnapshot } from "../../protocol/messages/webview.ts";
import type { SensorHealth, WorkerState } from "../../protocol/state.ts";
import { absolute, lasting, sentence, shown, standing } from "../words.ts";

/** One fact: a name, its value, and more of it in smaller words. */
export interface Fact {
  readonly id: string;
  readonly name: string;
  readonly value: string;
  readonly more: string;
}

/** One sensor. */
export interface SensorRow {
  readonly id: string;
  readonly ok: boolean;
  readonly name: string;
  readonly crab: string;
  readonly state: string;
  readonly every: string;
  readonly lastRead: string;
  readonly failures: string;
  readonly reason: string;
}

/** One setting in force. */
export interface SettingRow {
  readonly id: string;
  readonly key: string;
  readonly value: string;
  readonly origin: string;
  readonly where: string;
  /** It is not the default. */
  readonly chosen: boolean;
}

/** Everything about Gorgon itself. */
export interface About {
  readonly cost: readonly Fact[];
  readonly history: readonly Fact[];
  readonly place: readonly Fact[];
  readonly sensors: readonly SensorRow[];
  readonly sensorsNote: string;
}

const TEXT_LENGTH = 300;

/** What is known now; empty before the first reading. */
export function aboutOf(snapshot: DashboardSnapshot | null, now: number): About {
  const state = snapshot?.state ?? null;
  if (snapshot === null || state === null) return { cost: [], history: [], place: [], sensors: [], sensorsNote: "" };
  const failing = state.sensors.filter((sensor) => !sensor.ok).length;
  return {
    cost: costOf(state),
    history: historyOf(state),
    place: placeOf(snapshot, state, now),
    // The failing ones first: they are why somebody looks here.
    sensors: state.sensors
      .toSorted(
        (a, b) => Number(a.ok) - Number(b.ok) || a.sensor.localeCompare(b.sensor) || a.crab.localeCompare(b.crab),
      )
      .map(sensorRow),
    sensorsNote:
      failing === 0
        ? `${String(state.sensors.length)}, all speak`
        : `${String(failing)} of ${String(state.sensors.length)} silent`,
  };
}

function fact(id: string, name: string, value: string, more = ""): Fact {
  return { id, name, value, more };
}

function costOf({ self, rate, intervalMs }: WorkerState): Fact[] {
  const slowed =
    rate.reason === ""
      ? "as configured"
      : `${shown(rate.reason, TEXT_LENGTH)}; configured every ${lasting(rate.baseMs)}`;
  return [
    fact("cpu", "CPU", formatRatio(self.cpuRatio), "of one core"),
    fact("memory", "Memory", formatBytes(self.rssBytes), "resident"),
    fact(
      "loop",
      "Event loop delay",
      self.loopP99Ms === null ? ABSENT : formatDuration(self.loopP99Ms),
      "99 of 100 are shorter",
    ),
    fact("rate", "Polls", `every ${lasting(intervalMs)}`, slowed),
    fact("uptime", "Up", `for ${lasting(self.uptimeMs)}`, `process ${String(self.pid)}`),
  ];
}

const MODES = {
  writing: "written by this window",
  following: "written by another window",
  memory: "in memory only, until the worker ends",
} as const;

function historyOf({ history }: WorkerState): Fact[] {
  return [
    fact(
      "mode",
      "Kept",
      MODES[history.mode],
      history.reason === "" ? "" : sentence(shown(history.reason, TEXT_LENGTH)),
    ),
    fact("size", "Size", formatBytes(history.bytes), `${String(history.series)} series`),
    fact("retention", "For", lasting(history.retentionMs)),
    fact("file", "File", history.path === "" ? ABSENT : shown(history.path, TEXT_LENGTH)),
  ];
}

function placeOf({ versions }: DashboardSnapshot, { role, host, node, problems }: WorkerState, now: number): Fact[] {
  const since = role === null ? "" : `${standing(now - role.since)}, since ${absolute(role.since)}`;
  return [
    fact(
      "role",
      "Role",
      role === null ? ABSENT : formatRole(role),
      role === null || role.reason === "" ? since : sentence(shown(role.reason, TEXT_LENGTH)),
    ),
    fact(
      "host",
      "Host",
      shown(host.hostname === "" ? node : host.hostname, TEXT_LENGTH),
      shown(`${host.os}, kernel ${host.kernel}`, TEXT_LENGTH),
    ),
    fact(
      "version",
      "Version",
      versions === undefined ? ABSENT : versions.worker,
      versions === undefined ? "" : `Node ${versions.node}, protocol ${String(versions.protocol)}`,
    ),
    fact(
      "problems",
      "Refused settings",
      String(problems.length),
      problems.length === 0 ? "" : "named above, with what is in force",
    ),
  ];
}

function sensorRow(sensor: SensorHealth): SensorRow {
  const { ok, reason, failures } = sensor;
  return {
    id: `${sensor.crab}/${sensor.sensor}`,
    ok,
    name: shown(sensor.sensor, 60),
    crab: shown(sensor.crab, 60),
    state: ok ? "speaks" : "silent",
    every: lasting(sensor.intervalMs),
    lastRead: sensor.lastMs > 0 ? formatDuration(sensor.lastMs) : ABSENT,
    failures: String(failures),
    reason: reason === "" ? (ok ? "" : "It gives no values, and no reason.") : sentence(shown(reason, TEXT_LENGTH)),
  };
}

/** Settings whose key, value or place holds every word of the search. */
export function settingRows(settings: readonly SettingOrigin[], search: string): SettingRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return settings
    .filter(({ key, value, origin, where }) => {
      const text = `${key} ${value} ${origin} ${where}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .map(({ key, value, origin, where }) => ({
      id: key,
      key: shown(key, 120),
      value: shown(value, TEXT_LENGTH),
      origin,
      where: shown(where, TEXT_LENGTH),
      chosen: origin !== "default",
    }));
}
