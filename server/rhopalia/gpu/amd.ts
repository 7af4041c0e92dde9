/** AMD's GPUs on Linux: a few small files of the amdgpu driver for each card. */
import type { Reading } from "../../../protocol/reading.ts";
import type { Host } from "../../host/host.ts";
import { type Device, pushDevice } from "./metrics.ts";

const CARDS = "/sys/class/drm";
const AMD = "0x1002";

/** Cards are plugged in seldom. */
const LOOK_AGAIN_MS = 60_000;

interface Card {
  readonly folder: string;
  readonly hwmon: string | null;
  readonly id: string;
  readonly name: string;
}

/** The cards that the amdgpu driver tells of. */
export class Amd {
  readonly #host: Host;
  #cards: readonly Card[] = [];
  #lookedAt = -Infinity;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Whether there is such a card. */
  isHere(): boolean {
    return this.#find().length > 0;
  }

  /** Adds the readings of every card that is awake. */
  read(into: Reading[]): void {
    for (const card of this.#find()) {
      // Asking a card that sleeps would wake it, and a laptop's battery would pay for our curiosity.
      if (this.#text(`${card.folder}/power/runtime_status`) === "suspended") continue;
      pushDevice(into, this.#device(card));
    }
  }

  #device({ id, name, folder, hwmon }: Card): Device {
    const percent = this.#number(`${folder}/gpu_busy_percent`);
    const sensor = (file: string, scale: number): number | null => {
      const raw = hwmon === null ? null : this.#number(`${hwmon}/${file}`);
      return raw === null ? null : raw / scale;
    };
    return {
      id,
      name,
      utilization: percent === null || percent > 100 ? null : percent / 100,
      memoryUsed: this.#number(`${folder}/mem_info_vram_used`),
      memoryTotal: this.#number(`${folder}/mem_info_vram_total`),
      // hwmon counts in thousandths of a degree and millionths of a watt (Documentation/hwmon/sysfs-interface.rst).
      temperature: sensor("temp1_input", 1000),
      power: sensor("power1_average", 1e6) ?? sensor("power1_input", 1e6),
    };
  }

  #find(): readonly Card[] {
    const now = this.#host.clock.monotonic();
    if (now - this.#lookedAt < LOOK_AGAIN_MS) return this.#cards;
    this.#lookedAt = now;
    // Connectors (card0-DP-1) and render nodes lie beside the cards.
    const names = this.#list(CARDS).filter((name) => /^card\d{1,3}$/.test(name));
    this.#cards = names.sort((a, b) => Number(a.slice(4)) - Number(b.slice(4))).flatMap((name) => this.#card(name));
    return this.#cards;
  }

  #card(name: string): Card[] {
    const folder = `${CARDS}/${name}/device`;
    // The older radeon driver has none of the files.
    if (this.#text(`${folder}/vendor`) !== AMD || !this.#host.files.exists(`${folder}/gpu_busy_percent`)) return [];
    const slot = /^PCI_SLOT_NAME=([0-9a-f:.]{7,20})$/im.exec(this.#text(`${folder}/uevent`))?.[1];
    const hwmon = this.#list(`${folder}/hwmon`).find((one) => /^hwmon\d+$/.test(one));
    const product = this.#text(`${folder}/product_name`);
    return [
      {
        folder,
        hwmon: hwmon === undefined ? null : `${folder}/hwmon/${hwmon}`,
        id: slot ?? name,
        name: product === "" ? `AMD GPU ${this.#text(`${folder}/device`)}`.trim() : product.slice(0, 100),
      },
    ];
  }

  /** A whole number; null where the driver does not tell it (a card that sleeps answers EPERM). */
  #number(path: string): number | null {
    const text = this.#text(path);
    return /^\d{1,18}$/.test(text) ? Number(text) : null;
  }

  #text(path: string): string {
    try {
      return this.#host.files.text(path).trim();
    } catch {
      return "";
    }
  }

  #list(path: string): string[] {
    try {
      return [...this.#host.files.list(path)];
    } catch {
      return [];
    }
  }
}
