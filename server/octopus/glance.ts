/** The few numbers that every face shows beside the verdicts, taken from the newest readings. */
import type { Glance } from "../../protocol/state.ts";
import type { Hub, Latest } from "./hub.ts";

const first = (found: readonly Latest[]): number | null => found[0]?.reading.value ?? null;

/** Sums rates over interfaces, without those whose traffic is counted below them too; null when there is none yet. */
function sum(found: readonly Latest[]): number | null {
  const counted = found.filter((one) => one.reading.attributes["gorgon.network.stacked"] === undefined);
  return counted.length === 0 ? null : counted.reduce((total, one) => total + one.reading.value, 0);
}

/** Reads the glance from the hub's newest values. `cores` comes from the static facts until the sensor says it. */
export function glanceOf(hub: Pick<Hub, "latest">, cores: number): Glance {
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
  };
}
