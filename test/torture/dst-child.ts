/**
 * A user's command line in a time zone of its own: writes known samples a minute apart over the given spans of time,
 * then runs commands, and says in a line of JSON what each of them wrote. `TZ=... node dst-child.ts <json of DstTask>`
 */
import { ManualClock } from "../../server/host/manual-clock.ts";
import { nodeHost } from "../../server/host/node.ts";
import { statePaths } from "../../server/host/paths.ts";
import { runCli } from "../../server/cli/cli.ts";
import { ChunkStore } from "../../server/octopus/store/chunk-store.ts";
import { KEEP_ALL, METRIC, METRICS, valueOf } from "./known.ts";

/** What the process is to do. */
export interface DstTask {
  readonly home: string;
  /** Begin and end of each span, milliseconds since the epoch. */
  readonly spans: readonly (readonly [number, number])[];
  readonly commands: readonly (readonly string[])[];
}

const MINUTE = 60_000;

/** The value at a time. */
export function valueAt(time: number): number {
  return valueOf(0, Math.floor(time / MINUTE));
}

async function run({ home, spans, commands }: DstTask): Promise<void> {
  const env = { HOME: home };
  const { history } = await statePaths({ ...nodeHost(), env });
  const clock = new ManualClock(spans[0]?.[0] ?? 0);
  const store = new ChunkStore({ path: history, clock, tiers: KEEP_ALL });
  for (const [from, to] of spans) {
    for (let time = from; time < to; time += MINUTE) {
      store.append(time, [{ metric: METRIC, attributes: {}, value: valueAt(time) }], METRICS);
    }
  }
  await store.sealNow();
  await store.close();
  for (const args of commands) {
    let out = "";
    let err = "";
    const code = await runCli(args, {
      stdout: { write: (text) => (out += text) },
      stderr: { write: (text) => (err += text) },
      env,
      isTTY: false,
    });
    process.stdout.write(`${JSON.stringify({ code, out, err })}\n`);
  }
}

if (process.argv[2] !== undefined) await run(JSON.parse(process.argv[2]) as DstTask);
