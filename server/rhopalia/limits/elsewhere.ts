/** Limits on macOS and Windows: what the environment and the machine say. Neither has control groups. */
import os from "node:os";
import type { Reading } from "../../../protocol/reading.ts";
import type { Host } from "../../host/host.ts";
import type { Rhopalium } from "../rhopalium.ts";
import { cpuOfEnvironment, memoryOfEnvironment, tightest } from "./candidates.ts";
import * as names from "./metrics.ts";

const GIVEN: ReadonlySet<string> = new Set([names.MEMORY, names.CPU]);

/** What the machine has; Node's, but for tests. */
export interface Machine {
  readonly memoryBytes: number;
  readonly cores: number;
}

const nodeMachine = (): Machine => ({ memoryBytes: os.totalmem(), cores: os.cpus().length });

/** The tighter of the machine and `MEM_LIMIT` / `CPU_LIMIT`. */
export function otherLimits(host: Host, machine: () => Machine = nodeMachine): Rhopalium {
  return {
    name: "limits",
    metrics: names.LIMIT_METRICS.filter((info) => GIVEN.has(info.name)),
    read: () => {
      const { memoryBytes, cores } = machine();
      const readings: Reading[] = [];
      const memory = tightest([{ value: memoryBytes, source: "host" }, memoryOfEnvironment(host.env["MEM_LIMIT"])]);
      const cpu = tightest([{ value: cores, source: "host" }, cpuOfEnvironment(host.env["CPU_LIMIT"])]);
      for (const [metric, found] of [[names.MEMORY, memory] as const, [names.CPU, cpu] as const]) {
        if (found !== null) readings.push({ metric, attributes: names.source(found.source), value: found.value });
      }
      return readings;
    },
    dispose: () => undefined,
  };
}
