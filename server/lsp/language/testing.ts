/** A hub with a few series, and samples in which `|` marks the cursor; for the language's tests. */
import type { Attributes, MetricInfo, Unit } from "../../../protocol/reading.ts";
import type { Crab } from "../../crabs/crab.ts";
import type { Latest } from "../../octopus/hub.ts";
import { type LiveHub, LiveMetrics } from "./metrics.ts";

/** When the samples were read, milliseconds since the epoch. */
export const READ_AT = Date.UTC(2026, 0, 1);

type Series = readonly [metric: string, attributes: Attributes, value: number];

const SERIES: readonly Series[] = [
  ["gorgon.cpu.busy", {}, 0.432],
  ["system.paging.utilization", { "system.paging.state": "used" }, 0.25],
  ["system.paging.utilization", { "system.paging.state": "free" }, 0.75],
  ["gorgon.disk.io.rate", { "system.device": "sda", "disk.io.direction": "read" }, 2 ** 20],
  ["gorgon.disk.io.rate", { "system.device": "sda", "disk.io.direction": "write" }, 300 * 2 ** 20],
  ["system.filesystem.utilization", { "system.filesystem.mountpoint": "/mnt/a: [b]" }, 0.97],
  ["lab.pressure", { room: "<b>1</b>" }, 7],
];

/** Metrics as they would be on a running machine. */
export function sampleMetrics(series: readonly Series[] = SERIES): LiveMetrics {
  const info: MetricInfo = {
    name: "lab.pressure",
    unit: "1" satisfies Unit,
    kind: "gauge",
    description: "In the *lab*",
  };
  const crab = { metrics: new Map([[info.name, { info, sensor: "lab", intervalMs: 1000 }]]) } as unknown as Crab;
  const hub: LiveHub = {
    list: () => [crab],
    latest: (metric, match = {}) =>
      series
        .filter(([name, attributes]) => name === metric && Object.entries(match).every(([k, v]) => attributes[k] === v))
        .map(([, attributes, value]): Latest => ({
          reading: { metric, attributes, value },
          time: READ_AT,
          crab: "guardian",
          intervalMs: 2000,
        })),
  };
  return new LiveMetrics(() => hub);
}

/** The text without its mark, and where that was. */
export function marked(sample: string): { readonly text: string; readonly offset: number } {
  const offset = sample.indexOf("|");
  if (offset < 0) throw new Error(`no | in ${JSON.stringify(sample)}`);
  return { text: sample.slice(0, offset) + sample.slice(offset + 1), offset };
}
