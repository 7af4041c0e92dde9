/** What the user has set, from Lab's settings; each value is checked, a wrong one is its default. */
import type { ISettingRegistry } from "@jupyterlab/settingregistry";
import { Signal, type ISignal } from "@lumino/signaling";
import type { ItemOptions } from "../../protocol/cell-items.ts";
import { SHOWN } from "../../protocol/cell.ts";

/** Whether the package is loaded into kernels by itself. */
export const MEASURING = ["off", "python"] as const;

/** Everything that can be set. */
export interface Values extends ItemOptions {
  readonly measure: (typeof MEASURING)[number];
  /** Keep costs in the notebook file, under the cell's `metadata.gorgon`. */
  readonly persist: boolean;
}

/** What is in force where nothing is set. */
export const DEFAULTS: Values = {
  show: SHOWN,
  minWallMs: 0,
  shares: { warn: 0.8, crit: 0.95 },
  measure: "off",
  persist: false,
};

function number(value: unknown, least: number, most: number, otherwise: number): number {
  return typeof value === "number" && value >= least && value <= most ? value : otherwise;
}

/** The values that these settings mean. Percent and seconds there, shares and milliseconds here. */
export function valuesOf(settings: Readonly<Record<string, unknown>>): Values {
  const { show, minWall, warn, crit, measure, persist } = settings;
  return {
    show: Array.isArray(show) ? SHOWN.filter((one) => show.includes(one)) : DEFAULTS.show,
    minWallMs: number(minWall, 0, 3600, DEFAULTS.minWallMs / 1000) * 1000,
    shares: {
      warn: number(warn, 1, 100, DEFAULTS.shares.warn * 100) / 100,
      crit: number(crit, 1, 100, DEFAULTS.shares.crit * 100) / 100,
    },
    measure: MEASURING.find((one) => one === measure) ?? DEFAULTS.measure,
    persist: persist === true,
  };
}

/** The values that are in force now. */
export class Options {
  readonly #changed = new Signal<this, void>(this);
  #values = DEFAULTS;

  /** One of them is another. */
  get changed(): ISignal<this, void> {
    return this.#changed;
  }

  get values(): Values {
    return this.#values;
  }

  /** Takes what Lab holds for this extension, now and whenever it changes. */
  follow(settings: ISettingRegistry.ISettings): void {
    const take = (): void => {
      this.#values = valuesOf(settings.composite);
      this.#changed.emit();
    };
    settings.changed.connect(take);
    take();
  }
}
