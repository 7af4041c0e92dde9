/** The watch over kernels of this platform. */
import { SystemInformation } from "../systeminformation.ts";
import { OtherEye } from "./elsewhere.ts";
import type { KernelEye } from "./eye.ts";
import { LinuxEye } from "./linux.ts";
import { KernelWatch, type WatchOptions } from "./watch.ts";
import type { KernelWatching } from "./watching.ts";

/** What is needed; the rest has a default of this platform's. */
export type KernelWatchOptions = Omit<WatchOptions, "eye"> & { readonly eye?: KernelEye };

/** Watches kernels. */
export function kernelWatch(options: KernelWatchOptions): KernelWatching {
  const { host } = options;
  const eyeHere = () =>
    host.platform === "linux" ? new LinuxEye(host) : new OtherEye(host, new SystemInformation(host));
  return new KernelWatch({ ...options, eye: options.eye ?? eyeHere() });
}
