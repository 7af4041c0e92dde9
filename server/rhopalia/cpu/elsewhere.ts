/** CPU on macOS and Windows, through systeminformation. */
import os from "node:os";
import { t } from "@vscode/l10n";
import type { Attributes, MetricInfo, Reading } from "../../../protocol/reading.ts";
import type { Host } from "../../host/host.ts";
import { Malformed, type Rhopalium } from "../rhopalium.ts";
import { given, type SystemInformation } from "../systeminformation.ts";
import { CpuLine, IDLE, INTERRUPT, IOWAIT, MODE_COUNT, NICE, STEAL, SYSTEM, USER } from "./line.ts";
import { coreAttributes, COUNT, CPU_METRICS, LOAD_METRICS, LOADS, NONE, WHOLE } from "./metrics.ts";

/** Modes that neither system counts: nothing is said of them, rather than 0. */
const UNTOLD: ReadonlySet<number> = new Set([IOWAIT, STEAL]);

const told = (attributes: readonly Attributes[]): readonly (Attributes | null)[] =>
  attributes.map((one, mode) => (UNTOLD.has(mode) ? null : one));

class OtherCpu implements Rhopalium {
  readonly name = "cpu";
  readonly metrics: readonly MetricInfo[];
  readonly #information: SystemInformation;
  readonly #loadAverage: (() => readonly number[]) | null;
  readonly #whole = new CpuLine(told(WHOLE));
  readonly #cores: CpuLine[] = [];
  #reading = 0;

  constructor(host: Host, information: SystemInformation, loadAverage: () => readonly number[]) {
    this.#information = information;
    // Windows has no load average; Node says 0 there.
    this.#loadAverage = host.platform === "win32" ? null : loadAverage;
    this.metrics = this.#loadAverage === null ? CPU_METRICS : [...CPU_METRICS, ...LOAD_METRICS];
  }

  async read(signal: AbortSignal): Promise<readonly Reading[]> {
    const { cpus } = await this.#information.ask("the CPUs", (library) => library.currentLoad(), signal);
    if (!Array.isArray(cpus) || cpus.length === 0) throw new Malformed("systeminformation", t("it lists no CPU"));
    const readings: Reading[] = [];
    const reading = ++this.#reading;
    const sum = new Float64Array(MODE_COUNT);
    const one = new Float64Array(MODE_COUNT);
    cpus.forEach((cpu, number) => {
      // The times since boot; the library's own percentages depend on who called it last.
      one[USER] = given(cpu.rawLoadUser, "a core's time in user mode");
      one[NICE] = given(cpu.rawLoadNice, "a core's time at low priority");
      one[SYSTEM] = given(cpu.rawLoadSystem, "a core's time in the system");
      one[IDLE] = given(cpu.rawLoadIdle, "a core's idle time");
      one[INTERRUPT] = given(cpu.rawLoadIrq, "a core's time in interrupts");
      for (let mode = 0; mode < MODE_COUNT; mode++) sum[mode] = (sum[mode] ?? 0) + (one[mode] ?? 0);
      const line = (this.#cores[number] ??= new CpuLine(told(coreAttributes(number))));
      if (line.update(one, reading)) line.pushShares(readings);
    });
    if (sum.every((time) => time === 0)) throw new Malformed("systeminformation", t("every CPU time is 0"));
    if (this.#whole.update(sum, reading)) {
      this.#whole.pushBusy(readings);
      this.#whole.pushShares(readings);
    }
    readings.push({ metric: COUNT, attributes: NONE, value: cpus.length });
    this.#loadAverage?.().forEach((value, index) => {
      const metric = LOADS[index];
      if (metric !== undefined) readings.push({ metric, attributes: NONE, value: given(value, "a load average") });
    });
    return readings;
  }

  dispose(): void {
    // Holds nothing.
  }
}

/** CPU time by mode, and load averages where the system has them. `loadAverage` is the system's, but for tests. */
export function otherCpu(
  host: Host,
  information: SystemInformation,
  loadAverage: () => readonly number[] = os.loadavg,
): Rhopalium {
  return new OtherCpu(host, information, loadAverage);
}
