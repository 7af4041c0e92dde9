/** Which of several GPUs the dashboard shows: the one whose memory is fullest, which changes seldom. Pure. */
import type { SeriesFrame } from "../protocol/history.ts";
import type { GpuGlance } from "../protocol/state.ts";

/** A GPU and its place in the driver's order. */
export interface ShownGpu {
  readonly gpu: GpuGlance;
  readonly index: number;
  readonly of: number;
}

/** The GPU of the tile and the chart; null where there is none. */
export function shownGpu(gpus: readonly GpuGlance[] | null | undefined): ShownGpu | null {
  let shown: ShownGpu | null = null;
  let fullest = -1;
  for (const [index, gpu] of (gpus ?? []).entries()) {
    const { memoryUsed, memoryTotal } = gpu;
    const full = memoryUsed === null || !memoryTotal ? 0 : memoryUsed / memoryTotal;
    if (full <= fullest) continue;
    fullest = full;
    shown = { gpu, index, of: gpus?.length ?? 0 };
  }
  return shown;
}

/** `GPU`, or `GPU 2` where there are several. */
export function gpuTitle(index: number, of: number): string {
  return of > 1 ? `GPU ${String(index)}` : "GPU";
}

/** The frames with the shown GPU's first, each with its title. One that is not read any more has its name. */
export function gpuFrames(
  frames: readonly SeriesFrame[],
  gpus: readonly GpuGlance[] | null | undefined,
): { readonly frame: SeriesFrame; readonly id: string; readonly title: string }[] {
  const first = shownGpu(gpus)?.gpu.id;
  return frames
    .map((frame) => {
      const id = frame.attributes["hw.id"] ?? "";
      const index = (gpus ?? []).findIndex((one) => one.id === id);
      const title = index < 0 ? (frame.attributes["hw.name"] ?? "GPU") : gpuTitle(index, gpus?.length ?? 0);
      return { frame, id, title };
    })
    .sort((a, b) => Number(b.id === first) - Number(a.id === first));
}
