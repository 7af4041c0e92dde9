/** The few numbers that every face shows beside the verdicts, taken from the newest readings. */
import type { Glance, GpuGlance } from "../../protocol/state.ts";
import type { Hub, Latest } from "./hub.ts";

const first = (found: readonly Latest[]): number | null => found[0]?.reading.value ?? null;

/** Sums rates over interfaces, without those whose traffic is counted below them too; null when there is none yet. */
function sum(found: readonly Latest[]): number | null {
  const counted = found.filter((one) => one.reading.attributes["gorgon.network.stacked"] === undefined);
  return counted.length === 0 ? null : counted.reduce((total, one) => total + one.reading.value, 0);
}

/** The worst of the machine's and the own control group's pressure. */
function pressureOf(hub: Pick<Hub, "latest">, resource: string): number | null {
  const match = {
    "gorgon.pressure.resource": resource,
    "gorgon.pressure.kind": "some",
    "gorgon.pressure.window": "10s",
  };
  const found = hub.latest("gorgon.pressure.ratio", match).map((one) => one.reading.value);
  return found.length === 0 ? null : Math.max(...found);
}

/** A value that missed this many of its polls is not read any more. */
const STALE_INTERVALS = 3;

/** The GPUs that are read now; null when none is. They are read only while somebody needs them. */
function gpusOf(hub: Pick<Hub, "latest">, now: number): readonly GpuGlance[] | null {
  const fresh = (metric: string, id?: string): readonly Latest[] =>
    hub
      .latest(metric, id === undefined ? {} : { "hw.id": id })
      .filter((one) => now - one.time <= STALE_INTERVALS * one.intervalMs);
  const names = new Map<string, string>();
  for (const metric of ["hw.gpu.utilization", "hw.gpu.memory.usage"]) {
    for (const { reading } of fresh(metric)) {
      const id = reading.attributes["hw.id"] ?? "";
      if (!names.has(id)) names.set(id, reading.attributes["hw.name"] ?? "GPU");
    }
  }
  if (names.size === 0) return null;
  return [...names].map(([id, name]) => ({
    id,
    name,
    utilization: first(fresh("hw.gpu.utilization", id)),
    memoryUsed: first(fresh("hw.gpu.memory.usage", id)),
    memoryTotal: first(fresh("hw.gpu.memory.limit", id)),
    temperature: first(fresh("hw.temperature", id)),
  }));
}

/**
 * Reads the glance from the hub's newest values. `cores` comes from the static facts until the sensor says it; `now`
 * tells which of the values that come and go are old, milliseconds since the epoch.
 */
export function glanceOf(hub: Pick<Hub, "latest">, cores: number, now = 0): Glance {
  const limit = hub.latest("system.memory.limit")[0];
  const fullest = hub
    .latest("system.filesystem.utilization")
    .reduce<Latest | null>((top, one) => (top === null || one.reading.value > top.reading.value ? one : top), null);
  const mount = fullest?.reading.attributes["system.filesystem.mountpoint"] ?? "";
  const onMount = { "system.filesystem.mountpoint": mount };
  const swapUsed = first(hub.latest("system.paging.usage", { "system.paging.state": "used" }));
  const swapFree = first(hub.latest("system.paging.usage", { "system.paging.state": "free" }));
  const rate = "gorgon.network.io.rate";
  return {
    cpu: {
      busy: first(hub.latest("gorgon.cpu.busy")),
      load1: first(hub.latest("system.cpu.load_average.1m")),
      cores: first(hub.latest("system.cpu.logical.count")) ?? cores,
    },
    memory: {
      used: first(hub.latest("system.memory.usage", { "system.memory.state": "used" })),
      limit: limit?.reading.value ?? null,
      limitedBy: limit?.reading.attributes["gorgon.limit.source"] ?? "host",
      swapUsed,
      swapTotal: swapUsed === null || swapFree === null ? null : swapUsed + swapFree,
    },
    disk: {
      mount,
      used:
        fullest === null
          ? null
          : first(hub.latest("system.filesystem.usage", { ...onMount, "system.filesystem.state": "used" })),
      size: fullest === null ? null : first(hub.latest("system.filesystem.limit", onMount)),
    },
    network: {
      receive: sum(hub.latest(rate, { "network.io.direction": "receive" })),
      transmit: sum(hub.latest(rate, { "network.io.direction": "transmit" })),
    },
    gpu: gpusOf(hub, now),
    pressure: { cpu: pressureOf(hub, "cpu"), memory: pressureOf(hub, "memory"), io: pressureOf(hub, "io") },
  };
}
