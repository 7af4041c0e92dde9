/** What the file sensor gives. */
import type { MetricInfo } from "../../../protocol/reading.ts";

export const COUNT = "gorgon.watch.file.count";
export const SIZE = "gorgon.watch.file.size";
export const AGE = "gorgon.watch.file.age";
export const OLDEST_AGE = "gorgon.watch.file.oldest_age";

export const FILE_METRICS: readonly MetricInfo[] = [
  { name: COUNT, unit: "{file}", kind: "gauge", description: "Files and folders that a watch finds; 0 when none" },
  { name: SIZE, unit: "By", kind: "gauge", description: "Size of the files that a watch finds" },
  { name: AGE, unit: "s", kind: "gauge", description: "Time since the newest of them was changed" },
  { name: OLDEST_AGE, unit: "s", kind: "gauge", description: "Time since the oldest of them was changed" },
];
