/** Sizes of file systems that may hang: asked outside the event loop, under a deadline, and never twice at a time. */
import type { FileSystemSize, Host } from "../../host/host.ts";

/** A server in the same country answers in a tenth of it; the crab's own deadline is longer. */
const DEADLINE_MS = 800;

/** Each question that hangs holds one of Node's four worker threads; the other two stay for everybody else. */
const AT_ONCE = 2;

type Answer = FileSystemSize | Error;

/** Remembers which file systems hang, and does not ask those again until they answer. */
export class RemoteSizes {
  readonly #host: Host;
  /** Questions without an answer yet, and when they were asked (monotonic). */
  readonly #open = new Map<string, number>();

  constructor(host: Host) {
    this.#host = host;
  }

  /** One answer for each mount point, in order; an Error where there is none. Never takes much more than the deadline. */
  ask(mountPoints: readonly string[], signal: AbortSignal): Promise<readonly Answer[]> {
    const answers = new Map<string, Answer>();
    const waiting = mountPoints.filter((mountPoint) => !this.#open.has(mountPoint));
    return new Promise((resolve) => {
      let running = 0;
      const finish = () => {
        timer.dispose();
        signal.removeEventListener("abort", finish);
        waiting.length = 0;
        resolve(mountPoints.map((mountPoint) => answers.get(mountPoint) ?? this.#noAnswer(mountPoint)));
      };
      const next = () => {
        while (waiting.length > 0 && this.#open.size < AT_ONCE) {
          const mountPoint = waiting.shift() ?? "";
          running++;
          void this.#question(mountPoint).then((answer) => {
            running--;
            answers.set(mountPoint, answer);
            next();
          });
        }
        if (running === 0) finish();
      };
      const timer = this.#host.clock.schedule(finish, DEADLINE_MS, { unref: true });
      signal.addEventListener("abort", finish, { once: true });
      next();
    });
  }

  async #question(mountPoint: string): Promise<Answer> {
    this.#open.set(mountPoint, this.#host.clock.monotonic());
    try {
      return await this.#host.files.size(mountPoint);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    } finally {
      this.#open.delete(mountPoint);
    }
  }

  #noAnswer(mountPoint: string): Error {
    const since = this.#open.get(mountPoint);
    if (since === undefined) {
      const hanging = [...this.#open.keys()].join(" and ");
      return new Error(`was not asked, because ${hanging === "" ? "time was up" : `${hanging} hang`}.`);
    }
    const seconds = ((this.#host.clock.monotonic() - since) / 1000).toFixed(1);
    return new Error(
      `has given no answer for ${seconds} s and is not asked again until it does. Look at its server, or unmount it.`,
    );
  }
}
