/**
 * The library systeminformation behind one careful door: loaded when first needed, one call at a time, each under a
 * deadline. It resolves with zeros when something fails, so whoever uses it must take a zero for what it may be.
 */
import type { Systeminformation } from "systeminformation";
import type { Clock, Host } from "../host/host.ts";
import { Malformed } from "./rhopalium.ts";

/** PowerShell takes seconds to start; longer than this it never answers. */
const DEADLINE_MS = 8000;

/** What is used of the library; tests put recorded answers here. */
export interface Library {
  currentLoad(): Promise<Systeminformation.CurrentLoadData>;
  mem(): Promise<Systeminformation.MemData>;
  fsSize(): Promise<Systeminformation.FsSizeData[]>;
  /** Null where the system does not tell (Windows). */
  fsStats(): Promise<Systeminformation.FsStatsData | null>;
  /** Null where the system does not tell (Windows). */
  disksIO(): Promise<Systeminformation.DisksIoData | null>;
  networkStats(interfaces: string): Promise<Systeminformation.NetworkStatsData[]>;
  osInfo(): Promise<Systeminformation.OsData>;
  cpu(): Promise<Systeminformation.CpuData>;
  system(): Promise<Systeminformation.SystemData>;
}

/** A call that gave nothing within its deadline, or was called off. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

async function load(): Promise<Library> {
  const module: Library & { readonly default?: Library } = await import("systeminformation");
  // Bundled or not, a CommonJS module's functions are in its default export.
  return module.default ?? module;
}

/** Asks the library. One for all sensors of a host, since its rates and caches are global to the process. */
export class SystemInformation {
  readonly #clock: Clock;
  readonly #given: Library | null;
  #library: Promise<Library> | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(host: Host, library: Library | null = null) {
    this.#clock = host.clock;
    this.#given = library;
  }

  /** Waits for its turn and asks. Rejects with NoAnswer at the deadline; the next call does not wait for a hung one. */
  ask<T>(what: string, question: (library: Library) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const answer = this.#last.then(() => this.#ask(what, question, signal));
    this.#last = answer.catch(() => undefined); // Its caller hears of it; the queue goes on.
    return answer;
  }

  async #ask<T>(what: string, question: (library: Library) => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (signal?.aborted === true) throw new NoAnswer(`${what} was not asked: the reading was called off.`);
    this.#library ??= this.#given === null ? load() : Promise.resolve(this.#given);
    const library = await this.#library;
    return new Promise<T>((resolve, reject) => {
      const settle = () => {
        timer.dispose();
        signal?.removeEventListener("abort", aborted);
      };
      const aborted = () => {
        settle();
        reject(new NoAnswer(`${what} was called off before the system answered.`));
      };
      const timer = this.#clock.schedule(
        () => {
          settle();
          reject(new NoAnswer(`The system gave no answer about ${what} within ${DEADLINE_MS / 1000} s.`));
        },
        DEADLINE_MS,
        { unref: true },
      );
      signal?.addEventListener("abort", aborted, { once: true });
      question(library).then(
        (value) => {
          settle();
          resolve(value);
        },
        (error: unknown) => {
          settle();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }
}

/** A number that the library must have given: finite and not negative. Throws Malformed. */
export function given(value: unknown, what: string): number {
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  throw new Malformed("systeminformation", `${what} is ${String(value)}`);
}

/** The same where zero cannot be true, and therefore means that the library failed. Throws Malformed. */
export function positive(value: unknown, what: string): number {
  const number = given(value, what);
  if (number > 0) return number;
  throw new Malformed("systeminformation", `${what} is 0, which is how it says that it could not be found out`);
}
