/** Gorgon's own cost as a sensor: CPU, memory and event-loop delay of this process. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { MetricInfo, Reading } from "../../protocol/reading.ts";
import type { SelfCost } from "../../protocol/state.ts";
import type { Clock } from "../host/host.ts";
import { rateMs } from "../rhopalia/counters.ts";
import type { Rhopalium } from "../rhopalia/rhopalium.ts";

/**
 * How often the event loop's delay is sampled, and over how long its percentile is taken. Each sample is a wake-up: at
 * 20 ms they cost a third of a percent of a core, half of what a worker that follows takes. No divisor of an interval of
 * polls, else the samples would always fall on a poll, or never.
 */
const LOOP_RESOLUTION_MS = 97;
const LOOP_WINDOW_MS = 60_000;

const NO_ATTRIBUTES = {};

/** What the sensor gives. */
export const SELF_METRICS: readonly MetricInfo[] = [
  {
    name: "gorgon.self.cpu.utilization",
    unit: "1",
    kind: "gauge",
    description: "Gorgon's CPU, as a share of one core",
  },
  { name: "gorgon.self.memory.rss", unit: "By", kind: "gauge", description: "Gorgon's resident memory" },
  { name: "gorgon.self.event_loop.delay", unit: "ms", kind: "gauge", description: "99th percentile over a minute" },
];

/** Measures the process it runs in. `cost()` gives the last measurement to faces. */
export class SelfMeter implements Rhopalium {
  readonly name = "self";
  readonly metrics = SELF_METRICS;
  readonly #clock: Clock;
  readonly #began: number;
  readonly #loop: ReturnType<typeof monitorEventLoopDelay>;
  #loopSince: number;
  #loopP99Ms: number | null = null;
  #cpu: NodeJS.CpuUsage;
  #cpuAt: number;
  #cpuRatio: number | null = null;
  #rssBytes: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#began = clock.monotonic();
    this.#cpu = process.cpuUsage();
    this.#cpuAt = this.#began;
    this.#loopSince = this.#began;
    this.#loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });
    this.#loop.enable();
  }

  read(): readonly Reading[] {
    const now = this.#clock.monotonic();
    const cpu = process.cpuUsage();
    const elapsedMs = rateMs(now - this.#cpuAt);
    if (elapsedMs > 0) {
      const usedUs = cpu.user - this.#cpu.user + (cpu.system - this.#cpu.system);
      this.#cpuRatio = usedUs / (1000 * elapsedMs);
      this.#cpu = cpu;
      this.#cpuAt = now;
    }
    if (this.#loop.count > 0) {
      // The histogram counts the sampling period itself as delay; what is beyond it is the blocking.
      this.#loopP99Ms = Math.max(0, this.#loop.percentile(99) / 1e6 - LOOP_RESOLUTION_MS);
    }
    if (now - this.#loopSince >= LOOP_WINDOW_MS) {
      this.#loop.reset();
      this.#loopSince = now;
    }
    this.#rssBytes = process.memoryUsage.rss();
    const readings: Reading[] = [
      { metric: "gorgon.self.memory.rss", attributes: NO_ATTRIBUTES, value: this.#rssBytes },
    ];
    if (this.#cpuRatio !== null) {
      readings.push({ metric: "gorgon.self.cpu.utilization", attributes: NO_ATTRIBUTES, value: this.#cpuRatio });
    }
    if (this.#loopP99Ms !== null) {
      readings.push({ metric: "gorgon.self.event_loop.delay", attributes: NO_ATTRIBUTES, value: this.#loopP99Ms });
    }
    return readings;
  }

  /** The last measurement. */
  cost(): SelfCost {
    return {
      cpuRatio: this.#cpuRatio,
      rssBytes: this.#rssBytes ?? process.memoryUsage.rss(),
      loopP99Ms: this.#loopP99Ms,
      uptimeMs: this.#clock.monotonic() - this.#began,
      pid: process.pid,
    };
  }

  dispose(): void {
    this.#loop.disable();
  }
}
