/** The settings of the notebook side as they are in force; what is no sensible value counts as not set. */
import type * as vscode from "vscode";
import type { ItemOptions } from "./items.ts";
import { LOADING, SHOWN, type Loading, type Shown } from "./names.ts";

const DEFAULT_SHOW: readonly Shown[] = ["time", "cpu", "memory", "gpu", "disk", "previous"];

function number(value: unknown, least: number, most: number, otherwise: number): number {
  return typeof value === "number" && value >= least && value <= most ? value : otherwise;
}

/** Whether cells are shown at all. */
export function isEnabled(vs: typeof vscode): boolean {
  return vs.workspace.getConfiguration("gorgon").get<unknown>("notebook.enabled") !== false;
}

/** What stands under the cells. */
export function readItemOptions(vs: typeof vscode): ItemOptions {
  const config = vs.workspace.getConfiguration("gorgon");
  const show = config.get<unknown>("notebook.show");
  return {
    // In our order: the settings editor adds at the end.
    show: Array.isArray(show) ? SHOWN.filter((one) => show.includes(one)) : DEFAULT_SHOW,
    minWallMs: number(config.get("notebook.minWall"), 0, 3600, 0) * 1000,
    shares: {
      warn: number(config.get("notebook.warn"), 1, 100, 80) / 100,
      crit: number(config.get("notebook.crit"), 1, 100, 95) / 100,
    },
  };
}

/** Whether the package is loaded. */
export function readLoading(vs: typeof vscode): Loading {
  const value = vs.workspace.getConfiguration("gorgon").get<unknown>("notebook.load");
  return LOADING.find((one) => one === value) ?? "ask";
}
