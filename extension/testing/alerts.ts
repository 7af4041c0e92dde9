/** Alerts and silences of a made-up machine, for tests. */
import type { Alert, Silence } from "../../protocol/alert.ts";
import type { WorkerState } from "../../protocol/state.ts";
import { stateOf } from "./states.ts";

const NOW = 1_700_000_000_000;

/** A disk that is nearly full. */
export function alertOf(id: string, more: Partial<Alert> = {}): Alert {
  return {
    id,
    fingerprint: `print ${id}`,
    rule: "disk",
    title: "Disk",
    metric: "system.filesystem.utilization",
    origin: "built in",
    status: "firing",
    level: "WARN",
    labels: { "system.filesystem.mountpoint": `/${id}` },
    value: 0.912,
    unit: "1",
    message: "91.2 % is at or over 85 %",
    pendingSince: NOW - 900_000,
    firingSince: NOW - 840_000,
    resolvedAt: null,
    changedAt: NOW - 840_000,
    flaps: 0,
    heldUntil: null,
    silencedBy: null,
    inhibitedBy: null,
    acknowledged: null,
    notifications: 1,
    teller: null,
    group: "",
    ...more,
  };
}

/** One that began now and lasts an hour. */
export function silenceOf(id: string, more: Partial<Silence> = {}): Silence {
  const matchers = { rule: "disk" };
  return { id, matchers, startsAt: NOW, endsAt: NOW + 3_600_000, author: "ada", comment: "moving files", ...more };
}

/** A state with these alerts; each call with another `time` is another state. */
export function alarmed(
  alerts: readonly Alert[],
  more: { time?: number; silences?: readonly Silence[] } = {},
): WorkerState {
  const state = stateOf(undefined, more.time === undefined ? {} : { time: more.time });
  return { ...state, bell: { ...state.bell, alerts, silences: more.silences ?? [] } };
}
