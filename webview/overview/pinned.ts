/** The row of pinned charts, each with a button that takes it off. */
import { t } from "@vscode/l10n";
import type { Palette } from "../charts/palette.ts";
import type { Act } from "../actions.ts";
import { Children, h, icon, setShown } from "../dom.ts";
import { type PlotPart, plotPart } from "../parts/plot.ts";
import type { PinnedPlot } from "./pins.ts";

/** The row; it also follows the theme. */
export interface PinnedPart {
  readonly element: HTMLElement;
  update(plots: readonly PinnedPlot[]): void;
  retheme(palette: Palette): void;
}

/** Builds the row; it is not there while nothing is pinned. */
export function pinnedPart(act: Act, theme: Palette): PinnedPart {
  const element = h("section", { class: "pinned", "aria-label": t("Pinned charts"), "data-part": "pinned" });
  let palette = theme;
  const parts = new Set<PlotPart>();
  const plots = new Children(element, (first: PinnedPlot) => {
    const button = document.createElement("vscode-button");
    button.setAttribute("appearance", "icon");
    const label = t("Take {0} off the overview", first.title);
    button.setAttribute("aria-label", label);
    button.setAttribute("title", label);
    button.append(icon("pinned"));
    button.addEventListener("click", () => void act({ type: "unpin", id: first.pin }));
    const part = plotPart(first, palette, button);
    parts.add(part);
    return {
      element: part.element,
      update: (plot: PinnedPlot) => part.update(plot),
      dispose: () => {
        parts.delete(part);
        part.dispose();
      },
    };
  });
  return {
    element,
    update(models) {
      plots.update(models);
      setShown(element, models.length > 0);
    },
    retheme(next) {
      palette = next;
      for (const part of parts) part.retheme(next);
    },
  };
}
