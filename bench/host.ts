/** What one answer to a Jupyter server costs the worker: this machine's levels with five minutes of history from the file. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Reading } from "../protocol/reading.ts";
import { HostViews } from "../server/bell/host-view.ts";
import { CrabGuardian } from "../server/crabs/guardian.ts";
import { loadConfig } from "../server/config/load.ts";
import type { Host } from "../server/host/host.ts";
import { silentLog } from "../server/host/log.ts";
import { nodeHost } from "../server/host/node.ts";
import { statePaths } from "../server/host/paths.ts";
import { provisionalFacts } from "../server/rhopalia/facts.ts";
import { createStack, type Stack } from "../server/stack.ts";
import type { BenchOptions, BenchResult } from "./bench.ts";
import { percentile } from "./regression.ts";

export const title = "An answer to a Jupyter server (`npm run bench -- host`)";

const DEFAULT_SAMPLES = 200;
/** Until V8 has compiled what is measured. */
const WARM = 50;
const INTERVAL_MS = 2000;
/** More than an answer looks back. */
const PAST_MS = 1_200_000;
/** Disks beside this machine's own. */
const DISKS = 8;

/** The bench. */
export async function run({ samples = DEFAULT_SAMPLES, say }: BenchOptions): Promise<BenchResult> {
  const home = mkdtempSync(path.join(tmpdir(), "gorgon-bench-"));
  const host: Host = { ...nodeHost(), env: { HOME: home } };
  const config = await loadConfig({
    ...{ host, flags: {}, workspaceFolders: [], defaultIntervalMs: 600_000, previous: null },
  });
  const paths = await statePaths(host);
  const wanted = { host, log: silentLog, config, facts: provisionalFacts(), nodeName: "here" };
  const stack = createStack({ ...wanted, paths });
  const { hub, bell } = stack;
  try {
    say(`${String(PAST_MS / 60_000)} minutes of this machine's series`);
    const { readings, infos } = await machine(createStack({ ...wanted, paths: null }), host);
    const now = host.clock.now();
    for (let time = now - PAST_MS; time < now; time += INTERVAL_MS) {
      hub.store.append(time, readings.map(shaken), infos);
    }
    await hub.store.flush();
    await stack.start();
    hub.register(disks(host));
    // Rates need two.
    for (let poll = 0; poll < 2; poll++) await hub.collectOnce();
    const views = () => new HostViews({ hub, clock: host.clock, cores: () => 2 });
    const answer = async (by: HostViews) => JSON.stringify(await by.of(bell.state()));
    const timed = async (by: () => HostViews) => {
      for (let warm = 0; warm < WARM; warm++) await answer(by());
      const times: number[] = [];
      const before = process.cpuUsage();
      for (let sample = 0; sample < samples; sample++) {
        const began = performance.now();
        await answer(by());
        times.push(performance.now() - began);
      }
      const { user, system } = process.cpuUsage(before);
      return { p50Ms: percentile(times, 0.5), cpuMs: (user + system) / 1000 / samples };
    };
    say(`${String(samples)} answers with the store asked, and as many without`);
    const fresh = await timed(views);
    const shared = views();
    const again = await timed(() => shared);
    const text = await answer(shared);
    const view = await shared.of(bell.state());
    const points = view.levels.reduce((sum, one) => sum + one.points.length, 0);
    return {
      ...{ levels: view.levels.length, points, bytes: Buffer.byteLength(text) },
      ...{ freshP50Ms: fresh.p50Ms, freshCpuMs: fresh.cpuMs, againP50Ms: again.p50Ms, againCpuMs: again.cpuMs },
    };
  } finally {
    await stack.close();
    rmSync(home, { recursive: true, force: true });
  }
}

/** For docs/footprint.md. */
export function describe(result: BenchResult): string {
  const shown = (key: string) => Number(result[key]).toFixed(2);
  return [
    `What \`kernel/host\` costs the worker that leads: view and JSON of ${String(result["levels"])} levels with ${String(result["points"])}`,
    `points together, ${String(result["bytes"])} bytes. The store is asked once a second at the most; who asks within that second gets its answer again.`,
    "",
    "| milliseconds | median | CPU, mean | budget |",
    "|---|---|---|---|",
    `| the store asked | ${shown("freshP50Ms")} | ${shown("freshCpuMs")} | 2 |`,
    `| within the second | ${shown("againP50Ms")} | ${shown("againCpuMs")} | |`,
  ].join("\n");
}

/** What is read here. */
async function machine(stack: Stack, host: Host) {
  try {
    const { hub } = stack;
    await stack.start();
    hub.register(disks(host));
    await hub.collectOnce();
    const snapshots = await hub.collectOnce();
    const infos = new Map(hub.list().flatMap(({ metrics }) => [...metrics].map(([name, { info }]) => [name, info])));
    return { readings: snapshots.flatMap((one) => one.readings), infos };
  } finally {
    await stack.close();
  }
}

/** File systems beside this machine's own. */
function disks({ clock }: Host): CrabGuardian {
  const name = "system.filesystem.utilization";
  const sensor = {
    name: "disks",
    metrics: [{ name, unit: "1", kind: "gauge", description: "" } as const],
    read: () =>
      Array.from({ length: DISKS }, (_, index) => {
        return { metric: name, attributes: { "system.filesystem.mountpoint": `/data/${String(index)}` }, value: 0.3 };
      }),
    dispose: () => undefined,
  };
  return new CrabGuardian({ name: "disks", node: "here", sensors: [sensor], clock, intervalMs: 600_000 });
}

/** Values that move, as a machine's do, so that they are not kept as one. */
function shaken(reading: Reading): Reading {
  return { ...reading, value: reading.value * (0.9 + Math.random() / 5) };
}
