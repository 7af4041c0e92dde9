/** What one window needs of the GPUs, whoever reads them; and the handles by which a sensor is held to that. */
import { GPU_PARTS, type GpuPart } from "../../../protocol/messages/leader.ts";
import type { Clock, Disposable } from "../../host/host.ts";
import { Need } from "../need.ts";
import type { GpuSensor } from "./sensor.ts";

/** A face that is shown asks at least this often. */
const LINGER_MS = 90_000;

/** Counts the faces and rules of a window. It starts nothing itself: whoever leads reads for all. */
export class GpuDemand implements Disposable {
  readonly #needs: Readonly<Record<GpuPart, Need>>;

  /** `changed` is called whenever a part begins or ceases to be needed. */
  constructor(clock: Clock, changed: () => void) {
    const need = () => new Need(clock, LINGER_MS, changed, changed);
    this.#needs = { devices: need(), processes: need() };
  }

  /** What is needed now. */
  get parts(): readonly GpuPart[] {
    return GPU_PARTS.filter((part) => this.#needs[part].active);
  }

  /** Needs a part until the handle is disposed, and a while after. */
  need(part: GpuPart): Disposable {
    return this.#needs[part].acquire();
  }

  /** Needs a part now and for a while: for faces that ask again and again. */
  touch(part: GpuPart): void {
    this.#needs[part].touch();
  }

  dispose(): void {
    for (const need of Object.values(this.#needs)) need.dispose();
  }
}

/** Holds a sensor to the parts that were wanted last. */
export class GpuHold implements Disposable {
  readonly #sensor: Pick<GpuSensor, "need">;
  readonly #held = new Map<GpuPart, Disposable>();

  constructor(sensor: Pick<GpuSensor, "need">) {
    this.#sensor = sensor;
  }

  /** Wants these parts and no others from now on. */
  set(parts: readonly GpuPart[]): void {
    for (const part of GPU_PARTS) {
      const held = this.#held.get(part);
      if (parts.includes(part)) {
        if (held === undefined) this.#held.set(part, this.#sensor.need(part));
      } else {
        this.#held.delete(part);
        held?.dispose();
      }
    }
  }

  dispose(): void {
    this.set([]);
  }
}
