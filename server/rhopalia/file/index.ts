/** Watched paths: how many files there are, how large and how old. */
import { t } from "@vscode/l10n";
import type { Reading } from "../../../protocol/reading.ts";
import { watchAttributes, type FileWatch } from "../../config/watch.ts";
import type { Host } from "../../host/host.ts";
import { NoData, PartialFailure, type Rhopalium } from "../rhopalium.ts";
import { AGE, COUNT, FILE_METRICS, OLDEST_AGE, SIZE } from "./metrics.ts";
import { MOST_ENTRIES, survey, type Survey } from "./survey.ts";

/** A local folder of thousands of files takes a tenth of it; the crab's own deadline is longer. */
const DEADLINE_MS = 1000;

/** Each look that hangs holds one of Node's four worker threads; the other two stay for everybody else. */
const AT_ONCE = 2;

/** A survey under way, or done since the reading before. */
interface Look {
  readonly watch: FileWatch;
  readonly sinceMs: number;
  result: Survey | Error | null;
}

class WatchedFiles implements Rhopalium {
  readonly name = "file";
  readonly metrics = FILE_METRICS;
  readonly #host: Host;
  readonly #watches: () => readonly FileWatch[];
  /** By path, so that a watch whose path was changed is looked at anew. */
  readonly #looks = new Map<string, Look>();

  constructor(host: Host, watches: () => readonly FileWatch[]) {
    this.#host = host;
    this.#watches = watches;
  }

  async read(signal: AbortSignal): Promise<readonly Reading[]> {
    const watches = this.#watches();
    if (watches.length === 0) throw new NoData(t("no path is watched; add one under watches: in gorgon.yaml"));
    await this.#look(watches, signal);
    const readings: Reading[] = [];
    const reasons: string[] = [];
    for (const watch of watches) {
      const look = this.#looks.get(watch.path);
      if (look === undefined) {
        reasons.push(t("{0} was not looked at, because {1}", watch.id, this.#hanging()));
        continue;
      }
      const { result, sinceMs } = look;
      if (result === null) {
        const seconds = ((this.#host.clock.monotonic() - sinceMs) / 1000).toFixed(1);
        reasons.push(
          t("{0}: {1} has given no answer for {2} s. Look at its server or disk.", watch.id, watch.path, seconds),
        );
      } else if (result instanceof Error) {
        reasons.push(`${watch.id}: ${result.message}`);
      } else {
        this.#push(readings, watch, result);
        if (result.cut) reasons.push(t("{0}: only the first {1} entries are counted.", watch.id, MOST_ENTRIES));
      }
    }
    for (const [path, look] of this.#looks) if (look.result !== null) this.#looks.delete(path);
    if (reasons.length > 0) throw new PartialFailure(readings, reasons.join(" "));
    return readings;
  }

  /** Begins to look at every path that is not being looked at, and waits for as many as answer in time. */
  #look(watches: readonly FileWatch[], signal: AbortSignal): Promise<void> {
    const waiting = watches.filter((watch) => !this.#looks.has(watch.path));
    return new Promise((resolve) => {
      let ended = false;
      let running = 0;
      const finish = () => {
        ended = true;
        timer.dispose();
        signal.removeEventListener("abort", finish);
        resolve();
      };
      const next = () => {
        if (ended) return; // What answers late is taken at the next reading.
        while (waiting.length > 0 && this.#open() < AT_ONCE) {
          const watch = waiting.shift();
          if (watch === undefined || this.#looks.has(watch.path)) continue; // Two watches of one path.
          running++;
          void this.#begin(watch).then(() => {
            running--;
            next();
          });
        }
        // What hung already before may hang on: it is not waited for.
        if (running === 0) finish();
      };
      const timer = this.#host.clock.schedule(finish, DEADLINE_MS, { unref: true });
      signal.addEventListener("abort", finish, { once: true });
      next();
    });
  }

  async #begin(watch: FileWatch): Promise<void> {
    const look: Look = { watch, sinceMs: this.#host.clock.monotonic(), result: null };
    this.#looks.set(watch.path, look);
    try {
      look.result = await survey(this.#host.files, watch.path);
    } catch (error) {
      look.result = error instanceof Error ? error : new Error(String(error));
    }
  }

  #open(): number {
    let open = 0;
    for (const look of this.#looks.values()) if (look.result === null) open++;
    return open;
  }

  #hanging(): string {
    const ids = [...this.#looks.values()].filter((look) => look.result === null).map((look) => look.watch.id);
    return ids.length === 0 ? "time was up." : `${ids.join(" and ")} gives no answer.`;
  }

  #push(into: Reading[], watch: FileWatch, { count, bytes, newestMs, oldestMs }: Survey): void {
    const attributes = watchAttributes(watch);
    const now = this.#host.clock.now();
    into.push({ metric: COUNT, attributes, value: count });
    if (newestMs === null || oldestMs === null) return;
    into.push({ metric: SIZE, attributes, value: bytes });
    // Times in the future are of another machine's clock, or of a clock set back.
    into.push({ metric: AGE, attributes, value: Math.max(0, now - newestMs) / 1000 });
    into.push({ metric: OLDEST_AGE, attributes, value: Math.max(0, now - oldestMs) / 1000 });
  }

  dispose(): void {
    // Holds no files.
  }
}

/** The watched paths. `watches` is asked at every reading, so that a changed configuration counts at once. */
export function fileSensor(host: Host, watches: () => readonly FileWatch[] = () => []): Rhopalium {
  return new WatchedFiles(host, watches);
}
