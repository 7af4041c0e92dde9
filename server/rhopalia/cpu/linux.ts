/** CPU on Linux: /proc/stat and /proc/loadavg. */
import type { Reading } from "../../../protocol/reading.ts";
import type { Host } from "../../host/host.ts";
import type { Rhopalium } from "../rhopalium.ts";
import type { Scanner } from "../scanner.ts";
import { Source } from "../source.ts";
import { CpuLine, IDLE, INTERRUPT, IOWAIT, MODE_COUNT, NICE, STEAL, SYSTEM, USER } from "./line.ts";
import { coreAttributes, COUNT, CPU_METRICS, LOAD_METRICS, LOADS, NONE, WHOLE } from "./metrics.ts";

const CPU = Buffer.from("cpu");

/** The kernel's own limit (NR_CPUS) is 8192; a number beyond it is damage. */
const CORES_LIMIT = 8192;

class LinuxCpu implements Rhopalium {
  readonly name = "cpu";
  readonly metrics = [...CPU_METRICS, ...LOAD_METRICS];
  readonly #stat: Source;
  readonly #loadavg: Source;
  readonly #whole = new CpuLine(WHOLE);
  readonly #cores: CpuLine[] = [];
  readonly #counters = new Float64Array(MODE_COUNT);
  #reading = 0;

  constructor(host: Host) {
    this.#stat = new Source(host, "/proc/stat", { atOnce: true });
    this.#loadavg = new Source(host, "/proc/loadavg", { atOnce: true });
  }

  read(): readonly Reading[] {
    const readings: Reading[] = [];
    this.#readStat(readings);
    this.#readLoad(readings);
    return readings;
  }

  #readStat(into: Reading[]): void {
    const scanner = this.#stat.scan();
    const reading = ++this.#reading;
    let cores = 0;
    let totals = false;
    // The lines of the CPUs come first; the rest (interrupts, for one) is long and not wanted.
    for (; scanner.startsWith(CPU); scanner.nextLine()) {
      scanner.at += CPU.length;
      const isWhole = scanner.bytes[scanner.at] === 0x20;
      const line = isWhole ? this.#whole : this.#core(scanner);
      totals ||= isWhole;
      if (!isWhole) cores++;
      this.#readCounters(scanner);
      if (!line.update(this.#counters, reading)) continue;
      if (isWhole) line.pushBusy(into);
      line.pushShares(into);
    }
    if (!totals) throw scanner.malformed("the totals of all CPUs are missing");
    into.push({ metric: COUNT, attributes: NONE, value: cores });
  }

  /** user nice system idle iowait irq softirq steal; guest and guest_nice after them are within user and nice. */
  #readCounters(scanner: Scanner): void {
    const counters = this.#counters;
    counters[USER] = scanner.whole();
    counters[NICE] = scanner.whole();
    counters[SYSTEM] = scanner.whole();
    counters[IDLE] = scanner.whole();
    counters[IOWAIT] = scanner.lineEnded() ? 0 : scanner.whole();
    const hard = scanner.lineEnded() ? 0 : scanner.whole();
    const soft = scanner.lineEnded() ? 0 : scanner.whole();
    counters[INTERRUPT] = hard + soft;
    counters[STEAL] = scanner.lineEnded() ? 0 : scanner.whole();
  }

  #core(scanner: Scanner): CpuLine {
    const number = scanner.whole();
    if (number >= CORES_LIMIT) throw scanner.malformed("a CPU number is too large");
    return (this.#cores[number] ??= new CpuLine(coreAttributes(number)));
  }

  #readLoad(into: Reading[]): void {
    const scanner = this.#loadavg.scan();
    for (const metric of LOADS) into.push({ metric, attributes: NONE, value: scanner.decimal() });
  }

  dispose(): void {
    this.#stat.dispose();
    this.#loadavg.dispose();
  }
}

/** CPU time by mode of the machine and of each core, and load averages. Throws Unreadable or Malformed. */
export function linuxCpu(host: Host): Rhopalium {
  return new LinuxCpu(host);
}
