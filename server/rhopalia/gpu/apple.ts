/** Apple's GPUs: what ioreg tells without root. It has no loop of its own, so it is asked seldom, and once at a time. */
import { t } from "@vscode/l10n";
import type { Reading } from "../../../protocol/reading.ts";
import type { Host } from "../../host/host.ts";
import { Malformed } from "../rhopalium.ts";
import { type Device, pushDevice } from "./metrics.ts";

const IOREG = "/usr/sbin/ioreg";
const ARGS = ["-r", "-d", "1", "-w", "0", "-c", "IOAccelerator"];

/** A spawn of about 10 ms: not at every poll. */
const ASK_EVERY_MS = 10_000;
const DEADLINE_MS = 5000;

/** The accelerators that ioreg lists. */
export class Apple {
  readonly #host: Host;
  #devices: readonly Device[] = [];
  #askedAt = -Infinity;

  constructor(host: Host) {
    this.#host = host;
  }

  isHere(): boolean {
    return this.#host.platform === "darwin";
  }

  /** Adds the readings of ten seconds ago at most. Throws ProgramFailed or Malformed. */
  async read(into: Reading[], signal: AbortSignal): Promise<void> {
    const now = this.#host.clock.monotonic();
    if (now - this.#askedAt >= ASK_EVERY_MS) {
      this.#askedAt = now;
      this.#devices = [];
      const { stdout } = await this.#host.programs.run(IOREG, ARGS, { deadlineMs: DEADLINE_MS, signal });
      this.#devices = parseAccelerators(stdout);
    }
    for (const device of this.#devices) pushDevice(into, device);
  }
}

/** The accelerators in ioreg's text. Throws Malformed when there are some, and none has figures. */
export function parseAccelerators(text: string): Device[] {
  const devices: Device[] = [];
  // `+-o AGXAcceleratorG13X  <class AGXAcceleratorG13X, id 0x10000041b, ...>` begins an entry.
  const entries = text.split(/^\+-o /m).slice(1);
  for (const entry of entries) {
    const figures = /"PerformanceStatistics" = \{([^}]*)\}/.exec(entry)?.[1];
    if (figures === undefined) continue;
    const number = (key: string): number | null => {
      const found = new RegExp(`"${key}"=(\\d{1,18})(?:,|$)`).exec(figures)?.[1];
      return found === undefined ? null : Number(found);
    };
    const percent = number("Device Utilization %") ?? number("GPU Activity\\(%\\)");
    const model = /"model" = (?:"([^"]{1,100})"|<"([^"]{1,100})">)/.exec(entry);
    const devicePath = /^(\S{1,80})/.exec(entry)?.[1] ?? "GPU";
    devices.push({
      id: devices.some((one) => one.id === devicePath) ? `${devicePath} ${String(devices.length)}` : devicePath,
      name: model?.[1] ?? model?.[2] ?? devicePath,
      utilization: percent === null || percent > 100 ? null : percent / 100,
      memoryUsed: number("In use system memory"),
      // Its memory is the machine's own; temperature and power need root (powermetrics).
      memoryTotal: null,
      temperature: null,
      power: null,
    });
  }
  if (entries.length > 0 && devices.length === 0) throw new Malformed("ioreg", t("no accelerator has statistics"));
  return devices;
}
