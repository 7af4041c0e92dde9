/** Every metric that a sensor of Gorgon's own can give, on any platform, whether or not it is read here and now. */
import type { MetricInfo } from "../../protocol/reading.ts";
import { BATTERY_METRICS } from "../rhopalia/battery/metrics.ts";
import { CPU_METRICS, LOAD_METRICS } from "../rhopalia/cpu/metrics.ts";
import { BUSY_METRICS, FILESYSTEM_METRICS, INODE_METRICS, TRANSFER_METRICS } from "../rhopalia/disk/metrics.ts";
import { FILE_METRICS } from "../rhopalia/file/metrics.ts";
import { GPU_METRICS } from "../rhopalia/gpu/metrics.ts";
import { KERNEL_METRICS } from "../rhopalia/kernel/metrics.ts";
import { LIMIT_METRICS } from "../rhopalia/limits/metrics.ts";
import { LINUX_MEMORY_METRICS } from "../rhopalia/memory/linux.ts";
import { NETWORK_METRICS, PACKET_METRICS } from "../rhopalia/network/metrics.ts";
import { PRESSURE_METRICS } from "../rhopalia/pressure/linux.ts";
import {
  COUNT_METRICS,
  IO_METRICS,
  TOP_METRICS,
  WATCH_IO_METRICS,
  WATCH_METRICS,
} from "../rhopalia/process/metrics.ts";
import { RUNAWAY_METRICS } from "../rhopalia/runaway/linux.ts";
import { SQL_METRICS } from "../rhopalia/sql/index.ts";
import { TCP_METRICS } from "../rhopalia/tcp/metrics.ts";
import { THERMAL_METRICS } from "../rhopalia/thermal/metrics.ts";
import { TRAINING_METRICS } from "../rhopalia/training/progress.ts";
import { UPTIME_METRICS } from "../rhopalia/uptime/index.ts";
import { SELF_METRICS } from "./self.ts";

/** By name, in the order in which faces show them. */
export function builtInMetrics(): ReadonlyMap<string, MetricInfo> {
  const all = [
    ...[CPU_METRICS, LOAD_METRICS, LINUX_MEMORY_METRICS, PRESSURE_METRICS],
    ...[FILESYSTEM_METRICS, INODE_METRICS, TRANSFER_METRICS, BUSY_METRICS, NETWORK_METRICS, PACKET_METRICS],
    ...[TOP_METRICS, IO_METRICS, COUNT_METRICS, WATCH_METRICS, WATCH_IO_METRICS, RUNAWAY_METRICS],
    ...[LIMIT_METRICS, THERMAL_METRICS, BATTERY_METRICS, UPTIME_METRICS, FILE_METRICS, SQL_METRICS, TCP_METRICS],
    ...[GPU_METRICS, TRAINING_METRICS, KERNEL_METRICS, SELF_METRICS],
  ].flat();
  const byName = new Map<string, MetricInfo>();
  // Two sensors share hw.temperature; the first describes it.
  for (const one of all) if (!byName.has(one.name)) byName.set(one.name, one);
  return byName;
}
