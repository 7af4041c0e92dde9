/** What watching notebook kernels costs: the search while there is none, and a look a second at real ones. */
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLog } from "../server/host/log.ts";
import { nodeHost } from "../server/host/node.ts";
import { kernelWatch } from "../server/rhopalia/kernel/index.ts";
import { testPython } from "../test/python.ts";
import type { BenchOptions, BenchResult } from "./bench.ts";

export const title = "Watching notebook kernels (`npm run bench:kernels`)";

const KERNELS = 4;
const DEFAULT_SAMPLES = 30;
/** As the sensor is read while there is a kernel, and while there is none. */
const LOOK_MS = 1000;
/** Until V8 has compiled what is measured. */
const WARM = 200;
/** A kernel has loaded what it needs by then. */
const START_MS = 8000;

/** The bench. Rejects where ipykernel is not installed. */
export async function run({ samples = DEFAULT_SAMPLES, say }: BenchOptions): Promise<BenchResult> {
  if (process.platform !== "linux") throw new Error("This bench reads /proc; it runs on Linux.");
  const python = testPython();
  const watching = kernelWatch({ host: nodeHost(), log: silentLog });
  const { signal } = new AbortController();
  const read = async (): Promise<number> => {
    const before = process.cpuUsage();
    try {
      await watching.sensor.read(signal);
    } catch {
      // There is no kernel.
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  const median = async (paceMs: number): Promise<number> => {
    const times: number[] = [];
    for (let sample = 0; sample < samples; sample++) {
      await sleep(paceMs);
      times.push(await read());
    }
    return times.sort((one, other) => one - other)[Math.floor(samples / 2)] ?? NaN;
  };
  say(`the search, ${String(samples)} times`);
  for (let warm = 0; warm < 5; warm++) await sleep(1).then(read);
  const searchMs = await median(watching.sensor.wantedMs);
  const already = watching.state().kernels.length;
  if (already > 0) say(`${String(already)} kernels run already: the search is not measured alone`);
  const started = Array.from({ length: KERNELS }, (_, index) => {
    const connection = `/tmp/kernel-bench-${String(process.pid)}-${String(index)}.json`;
    return spawn(python, ["-m", "ipykernel_launcher", "-f", connection], { stdio: "ignore" });
  });
  try {
    say(`looks at ${String(KERNELS)} kernels, ${String(samples)} times`);
    await sleep(START_MS);
    for (let warm = 0; warm < WARM; warm++) await read();
    const kernels = watching.state().kernels.length;
    const lookMs = await median(LOOK_MS);
    return { kernels, before: already, searchMs, lookMs, lookMsEach: lookMs / Math.max(1, kernels) };
  } finally {
    for (const child of started) child.kill("SIGKILL");
    await watching.close();
  }
}

/** For docs/footprint.md. */
export function describe(result: BenchResult): string {
  const shown = (key: string) => Number(result[key]).toFixed(3);
  return [
    `CPU time of one reading, the median. The search runs once in 4 s while there is no kernel; with kernels (here ${String(result["kernels"])}, idle)`,
    "there is a look a second, every fourth with a search. Counting shared pages once runs outside the event loop and is not in it.",
    "",
    "|                             | CPU ms |",
    "| --------------------------- | ------ |",
    `| a search, no kernel         | ${shown("searchMs")} |`,
    `| a look, all kernels         | ${shown("lookMs")} |`,
    `| of it for each kernel       | ${shown("lookMsEach")} |`,
  ].join("\n");
}
