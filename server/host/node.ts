/** The real system, as a Host: Node's clock, files, programs and environment. */
import { nodeFiles } from "./files.ts";
import type { Clock, Host } from "./host.ts";
import { nodePrograms } from "./programs.ts";

/** The system's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  schedule: (run, milliseconds, options) => {
    // A due time computed a moment ago may be past by now; Node warns about negative delays.
    const timer = setTimeout(run, Math.max(0, milliseconds));
    if (options?.unref === true) timer.unref();
    return { dispose: () => clearTimeout(timer) };
  },
};

/** The machine this process runs on. Two hosts share nothing; one is enough for a process. */
export function nodeHost(): Host {
  return {
    platform: process.platform,
    clock: systemClock,
    files: nodeFiles(),
    programs: nodePrograms(),
    env: process.env,
  };
}
