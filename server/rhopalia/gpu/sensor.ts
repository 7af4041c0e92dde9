/** The GPU sensor: every maker's GPUs behind one name, read only while a face or a rule needs them. */
import { t } from "@vscode/l10n";
import type { GpuPart } from "../../../protocol/messages/leader.ts";
import type { Reading } from "../../../protocol/reading.ts";
import type { Disposable, Host } from "../../host/host.ts";
import { Need } from "../need.ts";
import { NoData, PartialFailure, type Rhopalium } from "../rhopalium.ts";
import { Amd } from "./amd.ts";
import { Apple } from "./apple.ts";
import { GPU_METRICS } from "./metrics.ts";
import type { Program } from "./nvidia-loop.ts";
import { Nvidia } from "./nvidia.ts";
import { NvidiaSilent } from "./nvidia-trouble.ts";

/** A face that is shown asks at least this often. */
const LINGER_MS = 90_000;
const DEVICES_MS = 2000;
const PROCESSES_MS = 10_000;

/** Looking for the makers' tools and files: GPUs and drivers come seldom. */
const LOOK_AGAIN_MS = 60_000;

/** Everything may be left out. */
export interface GpuOptions {
  /** Stands in for nvidia-smi; else it is looked for. */
  readonly nvidia?: Program;
  /** Milliseconds between two rounds of nvidia-smi. */
  readonly devicesMs?: number;
  readonly processesMs?: number;
  /** How long its children go on after the last need has ended. */
  readonly lingerMs?: number;
}

/** Reads GPUs; idle, and free of cost, until somebody needs it. */
export class GpuSensor implements Rhopalium {
  readonly name = "gpu";
  readonly metrics = GPU_METRICS;
  readonly #host: Host;
  readonly #nvidia: Nvidia;
  readonly #amd: Amd;
  readonly #apple: Apple;
  readonly #needs: Readonly<Record<GpuPart, Need>>;
  #nvidiaHere = false;
  #lookedAt = -Infinity;

  constructor(host: Host, options: GpuOptions = {}) {
    const { nvidia = null, devicesMs = DEVICES_MS, processesMs = PROCESSES_MS, lingerMs = LINGER_MS } = options;
    this.#host = host;
    this.#nvidia = new Nvidia(host, { devicesMs, processesMs }, nvidia);
    this.#amd = new Amd(host);
    this.#apple = new Apple(host);
    const need = (change: (wanted: boolean) => void): Need =>
      new Need(
        host.clock,
        lingerMs,
        () => {
          // Where the tool is not, nothing is started; it is looked for again at a later reading.
          if (this.#hasNvidia()) change(true);
        },
        () => change(false),
      );
    this.#needs = {
      devices: need((wanted) => this.#nvidia.watchDevices(wanted)),
      processes: need((wanted) => this.#nvidia.watchProcesses(wanted)),
    };
  }

  /** Needs a part until the handle is disposed. */
  need(part: GpuPart): Disposable {
    return this.#needs[part].acquire();
  }

  /** Needs a part now and for a while: for faces that ask again and again. */
  touch(part: GpuPart): void {
    this.#needs[part].touch();
  }

  read(signal: AbortSignal): readonly Reading[] | Promise<readonly Reading[]> {
    const had = this.#nvidiaHere;
    const nvidia = this.#hasNvidia();
    const here = nvidia || this.#amd.isHere() || this.#apple.isHere();
    if (!here) throw new NoData(t("no GPU that tells its figures: neither nvidia-smi nor an AMD card is here"));
    if (nvidia && !had) this.#startLate();
    if (!this.#needs.devices.active && !this.#needs.processes.active) return [];
    const readings: Reading[] = [];
    if (!this.#apple.isHere()) return this.#finish(readings);
    return this.#apple.read(readings, signal).then(() => this.#finish(readings));
  }

  #finish(readings: Reading[]): readonly Reading[] {
    if (this.#needs.devices.active) this.#amd.read(readings);
    if (!this.#nvidiaHere) return readings;
    let trouble: string;
    try {
      trouble = this.#nvidia.read(readings);
    } catch (error) {
      // nvidia-smi without a GPU is nothing to speak of where another maker's is.
      if (error instanceof NoData && readings.length > 0) return readings;
      throw error;
    }
    if (trouble === "") return readings;
    if (readings.length === 0) throw new NvidiaSilent(trouble);
    throw new PartialFailure(readings, trouble);
  }

  /** A driver that was installed while somebody waited for it. */
  #startLate(): void {
    if (this.#needs.devices.active) this.#nvidia.watchDevices(true);
    if (this.#needs.processes.active) this.#nvidia.watchProcesses(true);
  }

  #hasNvidia(): boolean {
    const now = this.#host.clock.monotonic();
    if (now - this.#lookedAt >= LOOK_AGAIN_MS) {
      this.#lookedAt = now;
      this.#nvidiaHere = this.#nvidia.isHere();
    }
    return this.#nvidiaHere;
  }

  dispose(): void {
    for (const need of Object.values(this.#needs)) need.dispose();
    this.#nvidia.dispose();
  }
}
