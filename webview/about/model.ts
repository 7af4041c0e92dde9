/** What Gorgon costs, what its sensors do and where each setting came from, in words. Pure. */
import { t } from "@vscode/l10n";
import type { SettingOrigin } from "../../protocol/config.ts";
import { ABSENT, formatBytes, formatDuration, formatRatio, formatRole } from "../../protocol/format.ts";
import type { DashboardSnapshot } from "../../protocol/messages/webview.ts";
import type { SensorHealth, WorkerState } from "../../protocol/state.ts";
import { NEW_MS, absolute, lasting, sentence, seriesCount, shown } from "../words.ts";

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
      failing === 0 ? t("{0}, all speak", state.sensors.length) : t("{0} of {1} silent", failing, state.sensors.length),
  };
}

function fact(id: string, name: string, value: string, more = ""): Fact {
  return { id, name, value, more };
}

function costOf({ self, rate, intervalMs }: WorkerState): Fact[] {
  const slowed =
    rate.reason === ""
      ? t("as configured")
      : t("{0}; configured every {1}", shown(rate.reason, TEXT_LENGTH), lasting(rate.baseMs));
  return [
    fact("cpu", "CPU", formatRatio(self.cpuRatio), t("of one core")),
    fact("memory", t("Memory"), formatBytes(self.rssBytes), t("resident")),
    fact(
      "loop",
      t("Event loop delay"),
      self.loopP99Ms === null ? ABSENT : formatDuration(self.loopP99Ms),
      t("99 of 100 are shorter"),
    ),
    fact("rate", t("Polls"), t("every {0}", lasting(intervalMs)), slowed),
    fact("uptime", t("Up"), t("for {0}", lasting(self.uptimeMs)), t("process {0}", self.pid)),
  ];
}

function historyOf({ history }: WorkerState): Fact[] {
  const modes = {
    writing: t("written by this window"),
    following: t("written by another window"),
    memory: t("in memory only, until the worker ends"),
  };
  return [
    fact(
      "mode",
      t("Kept"),
      modes[history.mode],
      history.reason === "" ? "" : sentence(shown(history.reason, TEXT_LENGTH)),
    ),
    fact("size", t("Size"), formatBytes(history.bytes), seriesCount(history.series)),
    fact("retention", t("Goes back"), lasting(history.retentionMs)),
    fact("file", t("File"), history.path === "" ? ABSENT : shown(history.path, TEXT_LENGTH)),
  ];
}

function placeOf({ versions }: DashboardSnapshot, { role, host, node, problems }: WorkerState, now: number): Fact[] {
  const since = role === null ? "" : sinceWords(role.since, now);
  return [
    fact(
      "role",
      t("Role"),
      role === null ? ABSENT : formatRole(role),
      role === null || role.reason === "" ? since : sentence(shown(role.reason, TEXT_LENGTH)),
    ),
    fact(
      "host",
      t("Host"),
      shown(host.hostname === "" ? node : host.hostname, TEXT_LENGTH),
      shown(t("{0}, kernel {1}", host.os, host.kernel), TEXT_LENGTH),
    ),
    fact(
      "version",
      t("Version"),
      versions === undefined ? ABSENT : versions.worker,
      versions === undefined ? "" : t("Node {0}, protocol {1}", versions.node, versions.protocol),
    ),
    fact(
      "problems",
      t("Refused settings"),
      String(problems.length),
      problems.length === 0 ? "" : t("named above, with what is in force"),
    ),
  ];
}

function sinceWords(time: number, now: number): string {
  return now - time < NEW_MS ? t("just now") : t("for {0}, since {1}", lasting(now - time), absolute(time));
}

function sensorRow(sensor: SensorHealth): SensorRow {
  const { ok, reason, failures } = sensor;
  return {
    id: `${sensor.crab}/${sensor.sensor}`,
    ok,
    name: shown(sensor.sensor, 60),
    crab: shown(sensor.crab, 60),
    state: ok ? t("speaks") : t("silent"),
    every: lasting(sensor.intervalMs),
    lastRead: sensor.lastMs > 0 ? formatDuration(sensor.lastMs) : ABSENT,
    failures: String(failures),
    reason: reason === "" ? (ok ? "" : t("It gives no values, and no reason.")) : sentence(shown(reason, TEXT_LENGTH)),
  };
}

/** Where a setting came from, in words. */
function originOf(origin: SettingOrigin["origin"]): string {
  const words: Readonly<Record<SettingOrigin["origin"], string>> = {
    flag: t("flag"),
    environment: t("environment"),
    setting: t("setting"),
    "workspace file": t("workspace file"),
    "user file": t("user file"),
    default: t("default"),
  };
  return words[origin];
}

/** Settings whose key, value or place holds every word of the search. */
export function settingRows(settings: readonly SettingOrigin[], search: string): SettingRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return settings
    .filter(({ key, value, origin, where }) => {
      const text = `${key} ${value} ${originOf(origin)} ${where}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .map(({ key, value, origin, where }) => ({
      id: key,
      key: shown(key, 120),
      value: shown(value, TEXT_LENGTH),
      origin: originOf(origin),
      where: shown(where, TEXT_LENGTH),
      chosen: origin !== "default",
    }));
}
