/** The bell in the status bar: draws the face, and touches the item only where it changed. */
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";
import type { Disposable } from "../signal.ts";
import { faceOf, type BellView, type Face } from "./face.ts";
import { tooltipOf } from "./tooltip.ts";

/** VS Code redraws an open hover whenever the tooltip is set; numbers in it may be this old, milliseconds. */
const TOOLTIP_MS = 10_000;

/** Left of the problems counter: the bell is about the whole window. */
const PRIORITY = 50;

/** Owns the status bar item. */
export class StatusBell implements Disposable {
  readonly #vs: typeof vscode;
  readonly #item: vscode.StatusBarItem;
  #shown: Face | null = null;
  #tooltip = "";
  #tooltipAt = -Infinity;

  constructor(vs: typeof vscode) {
    this.#vs = vs;
    this.#item = vs.window.createStatusBarItem("gorgon.bell", vs.StatusBarAlignment.Left, PRIORITY);
    this.#item.name = t("Gorgon Bell");
  }

  /** Draws what changed since the last call; the first call shows the item. */
  draw(view: BellView): void {
    const face = faceOf(view);
    const was = this.#shown;
    const item = this.#item;
    if (was?.text !== face.text) item.text = face.text;
    if (was?.background !== face.background) {
      item.backgroundColor =
        face.background === null ? undefined : new this.#vs.ThemeColor(`statusBarItem.${face.background}Background`);
    }
    if (was?.label !== face.label) item.accessibilityInformation = { label: face.label, role: "button" };
    if (was?.command !== face.command) item.command = face.command;
    if (was?.matter !== face.matter || view.now - this.#tooltipAt >= TOOLTIP_MS) this.#explain(view);
    this.#shown = face;
    if (was === null) item.show();
  }

  dispose(): void {
    this.#item.dispose();
  }

  #explain(view: BellView): void {
    this.#tooltipAt = view.now;
    const { markdown, commands } = tooltipOf(view);
    if (markdown === this.#tooltip) return;
    this.#tooltip = markdown;
    const tooltip = new this.#vs.MarkdownString(markdown, true);
    // For the colour of a level only; whatever comes from outside is escaped, and VS Code cleans the rest.
    tooltip.supportHtml = true;
    if (commands !== null) tooltip.isTrusted = { enabledCommands: commands };
    this.#item.tooltip = tooltip;
  }
}
