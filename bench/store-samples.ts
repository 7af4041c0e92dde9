/**
 * A host's samples, made up after recordings of our own sensors: the same formulas on random loads, so that every
 * value has the bits that a real one has. Deterministic.
 */
import type { Attributes, MetricInfo, MetricKind, Reading, Unit } from "../protocol/reading.ts";

/** What the sensors give at one moment. */
export interface Moment {
  readonly time: number;
  readonly readings: readonly Reading[];
}

/** Milliseconds between two moments. */
export const INTERVAL_MS = 2000;

const CORES = 2;
const TICKS_A_SECOND = 100;
const PAGE = 4096;
const SECTOR = 512;

/** Deterministic random numbers in [0, 1): mulberry32. */
function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Source = (elapsedMs: number) => number;

interface MadeSeries {
  readonly metric: string;
  readonly attributes: Attributes;
  readonly source: Source;
}

/** Load that wanders, with quiet times and bursts. */
function load(next: () => number): () => number {
  let level = 0.1;
  let burst = 0;
  return () => {
    level = Math.min(0.9, Math.max(0.01, level + (next() - 0.5) * 0.05));
    if (next() < 0.003) burst = Math.floor(next() * 60);
    if (burst > 0) burst--;
    return Math.min(1, level * (0.5 + next()) + (burst > 0 ? 0.4 : 0));
  };
}

class Host {
  readonly metrics = new Map<string, MetricInfo>();
  readonly #series: MadeSeries[] = [];
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = random(seed);
    this.#cpu();
    this.#memory();
    this.#pressure();
    this.#filesystems();
    this.#traffic();
  }

  *moments(from: number, count: number): Generator<Moment> {
    let before = from - INTERVAL_MS;
    for (let index = 0; index < count; index++) {
      // A timer fires up to some milliseconds late.
      const late = this.#next() < 0.7 ? Math.floor(this.#next() * 2) : Math.floor(this.#next() * 6);
      const time = from + index * INTERVAL_MS + late;
      const elapsed = time - before + this.#next();
      before = time;
      const readings = this.#series.map(({ metric, attributes, source }) => ({
        metric,
        attributes,
        value: source(elapsed),
      }));
      yield { time, readings };
    }
  }

  #add(metric: string, unit: Unit, kind: MetricKind, attributes: Attributes, source: Source): void {
    this.metrics.set(metric, { name: metric, unit, kind, description: "" });
    this.#series.push({ metric, attributes, source });
  }

  #cpu(): void {
    const shares = [0.55, 0.2, 0, 0.05, 0.03, 0];
    const modes = ["user", "system", "nice", "iowait", "interrupt", "steal"];
    for (let core = -1; core < CORES; core++) {
      const busy = load(this.#next);
      const ticks = new Float64Array(modes.length + 1);
      const whole: Attributes = core < 0 ? {} : { "cpu.logical_number": String(core) };
      const advance: Source = (elapsed) => {
        const all = Math.round((elapsed / 1000) * TICKS_A_SECOND) * (core < 0 ? CORES : 1);
        const now = busy() * all;
        let used = 0;
        modes.forEach((_, mode) => {
          const one = Math.floor(now * (shares[mode] ?? 0) * (0.6 + 0.8 * this.#next()));
          ticks[mode] = one;
          used += one;
        });
        ticks[modes.length] = Math.max(0, all - used);
        return all;
      };
      let all = 1;
      this.#add("system.cpu.utilization", "1", "gauge", { ...whole, "cpu.mode": "idle" }, (elapsed) => {
        all = Math.max(1, advance(elapsed));
        return (ticks[modes.length] ?? 0) / all;
      });
      modes.forEach((name, mode) => {
        const attributes = { ...whole, "cpu.mode": name };
        this.#add("system.cpu.utilization", "1", "gauge", attributes, () => (ticks[mode] ?? 0) / all);
      });
      if (core < 0) {
        this.#add("gorgon.cpu.busy", "1", "gauge", {}, () => (all - (ticks[modes.length] ?? 0)) / all);
        this.#loads(busy);
      }
    }
    this.#add("system.cpu.logical.count", "{core}", "gauge", {}, () => CORES);
  }

  #loads(busy: () => number): void {
    for (const minutes of [1, 5, 15]) {
      let average = 0.3;
      const fade = Math.exp(-INTERVAL_MS / (minutes * 60_000));
      this.#add(`system.cpu.load_average.${String(minutes)}m`, "1", "gauge", {}, () => {
        average = average * fade + busy() * CORES * (1 - fade);
        return Math.round(average * 100) / 100;
      });
    }
  }

  #memory(): void {
    for (const state of ["used", "free", "cached", "buffers"]) {
      let pages = 400_000 + Math.floor(this.#next() * 1e6);
      this.#add("system.memory.usage", "By", "gauge", { "system.memory.state": state }, () => {
        if (this.#next() < (state === "buffers" ? 0.1 : 0.8)) pages += Math.floor((this.#next() - 0.5) * 300);
        return pages * PAGE;
      });
    }
    let used = 800_000;
    this.#add("system.memory.utilization", "1", "gauge", { "system.memory.state": "used" }, () => {
      used += Math.floor((this.#next() - 0.5) * 300);
      return (used * PAGE) / 25_276_502_016;
    });
    this.#add("system.memory.limit", "By", "gauge", { "gorgon.limit.source": "host" }, () => 25_276_502_016);
    for (const state of ["used", "free"]) {
      const fixed = state === "used" ? 0 : 2_147_479_552;
      this.#add("system.paging.usage", "By", "gauge", { "system.paging.state": state }, () => fixed);
    }
  }

  #pressure(): void {
    for (const resource of ["cpu", "memory", "io"]) {
      const stalled = load(this.#next);
      const quiet = resource === "memory";
      for (const window of [10, 60, 300]) {
        let average = 0;
        const fade = Math.exp(-INTERVAL_MS / (window * 1000));
        const attributes = { "gorgon.pressure.resource": resource, "gorgon.pressure.window": `${String(window)}s` };
        this.#add("gorgon.pressure.ratio", "1", "gauge", attributes, () => {
          average = quiet ? 0 : average * fade + stalled() * 20 * (1 - fade);
          return Math.round(average * 100) / 10_000;
        });
      }
      let micros = 1_012_902_317;
      this.#add("gorgon.pressure.time", "s", "counter", { "gorgon.pressure.resource": resource }, () => {
        if (!quiet) micros += Math.floor(stalled() * 100_000 * this.#next());
        return micros / 1e6;
      });
    }
  }

  #filesystems(): void {
    for (const mountpoint of ["/", "/home"]) {
      const attributes = { "system.filesystem.mountpoint": mountpoint, "system.filesystem.type": "ext4" };
      let used = 3_445_574;
      const size = 66_053_021;
      this.#add("system.filesystem.limit", "By", "gauge", attributes, () => size * PAGE);
      this.#add("system.filesystem.utilization", "1", "gauge", attributes, () => {
        if (this.#next() < 0.2) used += Math.floor((this.#next() - 0.45) * 80);
        return used / size;
      });
      for (const state of ["used", "free"]) {
        const source = () => (state === "used" ? used : size - used) * PAGE;
        this.#add(
          "system.filesystem.usage",
          "By",
          "gauge",
          { ...attributes, "system.filesystem.state": state },
          source,
        );
      }
    }
  }

  #traffic(): void {
    for (const way of ["read", "write"]) {
      const attributes = { "system.device": "vda", "disk.io.direction": way };
      const busy = load(this.#next);
      this.#counter("disk.io", attributes, () => (this.#next() < 0.6 ? 0 : Math.floor(busy() * 4000) * SECTOR), 1.1e10);
      this.#counter("disk.operations", attributes, () => (this.#next() < 0.6 ? 0 : Math.floor(busy() * 60)), 403_106);
    }
    for (const [name, share] of Object.entries({ eth0: 1, wlan0: 0 })) {
      for (const way of ["receive", "transmit"]) {
        const attributes = { "network.interface.name": name, "network.io.direction": way };
        const busy = load(this.#next);
        this.#counter("network.io", attributes, () => Math.floor(share * busy() * busy() * 90_000), 1.7e9);
      }
    }
  }

  /** A counter, and its rate as the sensors make it. */
  #counter(name: string, attributes: Attributes, growth: () => number, start: number): void {
    let total = start;
    let last = 0;
    this.#add(`system.${name}`, "By", "counter", attributes, () => {
      last = growth();
      total += last;
      return total;
    });
    this.#add(`gorgon.${name}.rate`, "By/s", "gauge", attributes, (elapsed) => (last * 1000) / Math.round(elapsed));
  }
}

/** A made-up host: its metrics, and as many moments as are wanted. */
export function madeUpHost(seed = 1): {
  readonly metrics: ReadonlyMap<string, MetricInfo>;
  readonly moments: (from: number, count: number) => Generator<Moment>;
} {
  const host = new Host(seed);
  return { metrics: host.metrics, moments: (from, count) => host.moments(from, count) };
}
