/** The GPU sensor of this platform. */
import type { Host } from "../../host/host.ts";
import { type GpuOptions, GpuSensor } from "./sensor.ts";

export { GpuDemand, GpuHold } from "./demand.ts";
export { GpuSensor } from "./sensor.ts";

/** GPUs of NVIDIA, AMD and Apple. It gives readings only while somebody needs them (`need`, `touch`). */
export function gpuSensor(host: Host, options?: GpuOptions): GpuSensor {
  return new GpuSensor(host, options);
}
