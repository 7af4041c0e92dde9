/** Disk IO on Linux: /proc/diskstats, whole devices only. */
import type { Attributes, Reading } from "../../../protocol/reading.ts";
import type { Host } from "../../host/host.ts";
import { Counters } from "../counters.ts";
import { NamedLines } from "../named-lines.ts";
import type { Rhopalium } from "../rhopalium.ts";
import { Source } from "../source.ts";
import * as names from "./metrics.ts";

/** The kernel counts in sectors of 512 bytes, whatever the disk's own are (Documentation/admin-guide/iostats.rst). */
const SECTOR_BYTES = 512;

/** Places of the milliseconds, after the common counters. */
const [BUSY_MS, READ_MS, WRITE_MS, QUEUED_MS] = [4, 5, 6, 7] as const;
const COUNTERS = 8;

/** Not disks: memory, or files of a disk that is counted already. */
const NOT_PHYSICAL = /^(?:loop|ram|zram|fd)\d/;

/** Names of devices that have gone, kept before they are forgotten. */
const GONE_KEPT = 64;

class Disk {
  readonly attributes: names.DiskAttributes;
  readonly counters = new Counters(COUNTERS);
  /** The reading in which it was there last. */
  seenIn = -1;

  constructor(name: string) {
    this.attributes = names.diskAttributes(name);
  }
}

class LinuxDiskIo implements Rhopalium {
  readonly name = "disk";
  readonly metrics = [...names.TRANSFER_METRICS, ...names.BUSY_METRICS];
  readonly #host: Host;
  readonly #diskstats: Source;
  readonly #disks: NamedLines<Disk>;
  /** Names under /sys/block: whole devices. Null: not readable here; the names must do. */
  #whole: ReadonlySet<string> | null = null;
  #reading = 0;

  constructor(host: Host) {
    this.#host = host;
    this.#diskstats = new Source(host, "/proc/diskstats");
    this.#disks = new NamedLines(
      (name) => (!NOT_PHYSICAL.test(name) && this.#isWhole(name) ? new Disk(name) : null),
      () => this.#listWhole(),
    );
  }

  read(): readonly Reading[] {
    const scanner = this.#diskstats.scan();
    const now = this.#host.clock.monotonic();
    const reading = ++this.#reading;
    const readings: Reading[] = [];
    let place = 0;
    for (; !scanner.ended; scanner.nextLine()) {
      if (scanner.lineEnded()) continue;
      scanner.skipWord(); // major
      scanner.skipWord(); // minor
      if (scanner.lineEnded()) throw scanner.malformed("a device has no name");
      const from = scanner.at;
      scanner.skipWord();
      const disk = this.#disks.get(place++, scanner.bytes, from, scanner.at);
      if (disk === null) continue;
      // Two values of one series would be none.
      if (disk.seenIn === reading) throw scanner.malformed("a device comes twice");
      const { counters } = disk;
      const values = counters.values;
      values[names.READS] = scanner.whole();
      scanner.skipWord(); // merged
      values[names.READ_BYTES] = scanner.whole() * SECTOR_BYTES;
      values[READ_MS] = scanner.whole();
      values[names.WRITES] = scanner.whole();
      scanner.skipWord(); // merged
      values[names.WRITTEN_BYTES] = scanner.whole() * SECTOR_BYTES;
      values[WRITE_MS] = scanner.whole();
      const pending = scanner.whole();
      const busyMs = scanner.whole();
      values[BUSY_MS] = busyMs;
      values[QUEUED_MS] = scanner.whole();
      if (disk.seenIn !== reading - 1) counters.forget();
      disk.seenIn = reading;
      const rated = counters.update(now);
      // Slots of a network block device or an empty drive that were never used are no disks yet.
      if ((values[names.READS] ?? 0) === 0 && (values[names.WRITES] ?? 0) === 0) continue;
      names.pushTransfers(readings, disk.attributes, values, rated ? counters.rates : null);
      const { plain, read, write } = disk.attributes;
      readings.push({ metric: names.IO_TIME, attributes: plain, value: busyMs / 1000 });
      if (rated) {
        // Milliseconds of work a millisecond; the clock and the kernel's ticks are not read at one moment.
        const busy = Math.min(1, (counters.growth[BUSY_MS] ?? 0) / counters.elapsedMs);
        readings.push({ metric: names.BUSY, attributes: plain, value: busy });
        pushLatency(readings, read, counters.growth, READ_MS, names.READS, pending);
        pushLatency(readings, write, counters.growth, WRITE_MS, names.WRITES, pending);
        // Milliseconds of waiting a millisecond: iostat's aqu-sz, the growth of field 11 over the time passed.
        const queue = (counters.growth[QUEUED_MS] ?? 0) / counters.elapsedMs;
        readings.push({ metric: names.QUEUE, attributes: plain, value: queue });
      }
      readings.push({ metric: names.OPERATION_TIME, attributes: read, value: values[READ_MS] / 1000 });
      readings.push({ metric: names.OPERATION_TIME, attributes: write, value: values[WRITE_MS] / 1000 });
      readings.push({ metric: names.PENDING, attributes: plain, value: pending });
    }
    this.#disks.prune(place, GONE_KEPT);
    return readings;
  }

  #isWhole(name: string): boolean {
    // /sys writes the slash of names such as cciss/c0d0 as an exclamation mark.
    if (this.#whole !== null) return this.#whole.has(name.replaceAll("/", "!"));
    return !/^(?:[hsv]d[a-z]+|xvd[a-z]+)\d+$|^(?:nvme\d+n|mmcblk|md|nbd)\d+p\d+$/.test(name);
  }

  #listWhole(): void {
    try {
      this.#whole = new Set(this.#host.files.list("/sys/block"));
    } catch {
      this.#whole = null; // A container without /sys: partitions are told by their names.
    }
  }

  dispose(): void {
    this.#diskstats.dispose();
  }
}

/**
 * Time an operation took on average: iostat's r_await and w_await, the growth of the milliseconds over that of the
 * operations completed. 0 for an idle disk; nothing where operations are in flight and none came to its end.
 */
function pushLatency(
  into: Reading[],
  attributes: Attributes,
  growth: Float64Array,
  milliseconds: number,
  operations: number,
  pending: number,
): void {
  const completed = growth[operations] ?? 0;
  if (completed === 0 && pending > 0) return;
  const value = completed === 0 ? 0 : (growth[milliseconds] ?? 0) / (completed * 1000);
  into.push({ metric: names.LATENCY, attributes, value });
}

/** Transfers, operations, latency, queue and busy time of each whole disk. Throws Unreadable or Malformed. */
export function linuxDiskIo(host: Host): Rhopalium {
  return new LinuxDiskIo(host);
}
