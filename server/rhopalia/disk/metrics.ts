/** What the disk sensors give, on every platform. */
import type { Attributes, MetricInfo, Reading } from "../../../protocol/reading.ts";

export const USAGE = "system.filesystem.usage";
export const LIMIT = "system.filesystem.limit";
export const UTILIZATION = "system.filesystem.utilization";

export const FILESYSTEM_METRICS: readonly MetricInfo[] = [
  {
    name: USAGE,
    unit: "By",
    kind: "gauge",
    description: "Space of a file system by state; reserved is for root alone",
  },
  { name: LIMIT, unit: "By", kind: "gauge", description: "Size of a file system" },
  { name: UTILIZATION, unit: "1", kind: "gauge", description: "used / (used + free to users), as df computes it" },
];

/** The attributes of one file system's series, made once. */
export interface FilesystemAttributes {
  readonly plain: Attributes;
  readonly used: Attributes;
  readonly free: Attributes;
  readonly reserved: Attributes;
}

export function filesystemAttributes(device: string, mountPoint: string, type: string): FilesystemAttributes {
  const plain = {
    "system.device": device,
    "system.filesystem.mountpoint": mountPoint,
    "system.filesystem.type": type,
  };
  const state = (name: string): Attributes => ({ ...plain, "system.filesystem.state": name });
  return { plain, used: state("used"), free: state("free"), reserved: state("reserved") };
}

/** One file system's readings from bytes. Nothing when it has no size. */
export function pushFilesystem(
  into: Reading[],
  attributes: FilesystemAttributes,
  size: number,
  used: number,
  available: number,
): void {
  into.push({ metric: USAGE, attributes: attributes.used, value: used });
  into.push({ metric: USAGE, attributes: attributes.free, value: available });
  into.push({ metric: USAGE, attributes: attributes.reserved, value: Math.max(0, size - used - available) });
  into.push({ metric: LIMIT, attributes: attributes.plain, value: size });
  if (used + available > 0) {
    into.push({ metric: UTILIZATION, attributes: attributes.plain, value: used / (used + available) });
  }
}

export const IO = "system.disk.io";
export const OPERATIONS = "system.disk.operations";
export const IO_TIME = "system.disk.io_time";
export const IO_RATE = "gorgon.disk.io.rate";
export const OPERATION_RATE = "gorgon.disk.operations.rate";
export const BUSY = "gorgon.disk.busy";

/** What every platform with disk counters gives. */
export const TRANSFER_METRICS: readonly MetricInfo[] = [
  { name: IO, unit: "By", kind: "counter", description: "Bytes read and written" },
  { name: OPERATIONS, unit: "{operation}", kind: "counter", description: "Reads and writes completed" },
  { name: IO_RATE, unit: "By/s", kind: "gauge", description: "Bytes a second read and written" },
  { name: OPERATION_RATE, unit: "{operation}/s", kind: "gauge", description: "Reads and writes a second" },
];

/** What Linux gives besides. */
export const BUSY_METRICS: readonly MetricInfo[] = [
  { name: IO_TIME, unit: "s", kind: "counter", description: "Time in which the disk had work" },
  { name: BUSY, unit: "1", kind: "gauge", description: "Share of time in which the disk had work" },
];

/** The attributes of one disk's series, made once. */
export interface DiskAttributes {
  readonly plain: Attributes;
  readonly read: Attributes;
  readonly write: Attributes;
}

/** `device` null: all disks together, where the system does not tell them apart. */
export function diskAttributes(device: string | null): DiskAttributes {
  const plain: Attributes = device === null ? {} : { "system.device": device };
  return {
    plain,
    read: { ...plain, "disk.io.direction": "read" },
    write: { ...plain, "disk.io.direction": "write" },
  };
}

/** Places of the counters that all platforms have. */
export const [READ_BYTES, WRITTEN_BYTES, READS, WRITES] = [0, 1, 2, 3] as const;

/** The readings of the common counters, with their rates when there are any. */
export function pushTransfers(
  into: Reading[],
  { read, write }: DiskAttributes,
  values: Float64Array,
  rates: Float64Array | null,
): void {
  into.push({ metric: IO, attributes: read, value: values[READ_BYTES] ?? 0 });
  into.push({ metric: IO, attributes: write, value: values[WRITTEN_BYTES] ?? 0 });
  into.push({ metric: OPERATIONS, attributes: read, value: values[READS] ?? 0 });
  into.push({ metric: OPERATIONS, attributes: write, value: values[WRITES] ?? 0 });
  if (rates === null) return;
  into.push({ metric: IO_RATE, attributes: read, value: rates[READ_BYTES] ?? 0 });
  into.push({ metric: IO_RATE, attributes: write, value: rates[WRITTEN_BYTES] ?? 0 });
  into.push({ metric: OPERATION_RATE, attributes: read, value: rates[READS] ?? 0 });
  into.push({ metric: OPERATION_RATE, attributes: write, value: rates[WRITES] ?? 0 });
}
