/** The watch over kernels of this platform. */
import type { KernelEye } from "./eye.ts";
import { LinuxEye } from "./linux.ts";
import { KernelWatch, type WatchOptions } from "./watch.ts";
import type { KernelWatching } from "./watching.ts";

/** What is needed; the rest has a default of this platform's. */
export type KernelWatchOptions = Omit<WatchOptions, "eye"> & { readonly eye?: KernelEye };

/** Watches kernels; null where this platform does not show processes cheaply enough. */
export function kernelWatch(options: KernelWatchOptions): KernelWatching {
  return new KernelWatch({ ...options, eye: options.eye ?? new LinuxEye(options.host) });
}
