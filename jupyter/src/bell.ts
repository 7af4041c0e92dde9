/** The bell: one item with the whole level in words. A screen reader hears of another level, never of another number. */
import { Widget } from "@lumino/widgets";
import { t } from "@vscode/l10n";
import { ofLimit } from "../../protocol/cell-words.ts";
import { LEVELS, type Level } from "../../protocol/level.ts";
import type { JupyterKernel, JupyterState } from "../../protocol/messages/jupyter.ts";
import { plain } from "../../protocol/plain.ts";
import { h, setAttr, setText } from "../../webview/dom.ts";
import type { Connection, ConnectionStatus } from "./connection.ts";
import { LEVEL_GLYPHS } from "./dom.ts";

/** Longer words do not fit into a status bar. */
const MOST_TEXT = 48;

/** What the bell says. */
export interface BellWords {
  readonly level: Level;
  /** For the bar; begins with the level's word. */
  readonly text: string;
  /** The whole of it. */
  readonly title: string;
}

/** A kernel's size against its limit, if both are known. */
export function kernelSize({ usage, limit }: Pick<JupyterKernel, "usage" | "limit">): string {
  if (usage === null) return "";
  const size = Math.max(usage.treeBytes ?? 0, usage.rssBytes);
  return limit === null ? "" : ofLimit(size, limit.bytes);
}

/** A kernel's name for people: its notebook, else its kernelspec. */
export function kernelName({ path, name }: Pick<JupyterKernel, "path" | "name">): string {
  return plain(path === "" ? name : (path.split("/").at(-1) ?? path), 60);
}

function unknown(text: string, title: string): BellWords {
  return { level: "UNKNOWN", text, title };
}

/** What there is to say. */
export function bellWords(state: JupyterState | null, status: ConnectionStatus): BellWords {
  if (status === "absent") {
    return unknown(
      t("Gorgon: cells only"),
      t(
        "This Jupyter server has no gorgon-jupyter, so nothing is known of the machine. Install it there: pip install gorgon-jupyter",
      ),
    );
  }
  if (status === "other") {
    return unknown(
      t("Gorgon: another release"),
      t(
        "The Jupyter server runs another release of gorgon-jupyter than this page. Start the server again and reload the page.",
      ),
    );
  }
  const host = state?.host ?? null;
  if (state === null || host === null) return unknown(t("Gorgon: waiting"), t("Waiting for the Jupyter server"));
  const [worst] = state.kernels.toSorted((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level));
  // A kernel near its limit is nearer to the reader than a machine that is as bad.
  if (worst !== undefined && (worst.level === "WARN" || worst.level === "CRIT")) {
    if (LEVELS.indexOf(worst.level) >= LEVELS.indexOf(host.level)) {
      const said = t("{level}: {name} has {size}", {
        ...{ level: worst.level, name: kernelName(worst), size: kernelSize(worst) },
      });
      return { level: worst.level, text: said, title: said };
    }
  }
  const headline = plain(host.headline, 300);
  const said = (most: number): string =>
    headline === "" ? host.level : t("{0}: {1}", host.level, plain(headline, most));
  return { level: host.level, text: said(MOST_TEXT), title: said(300) };
}

/** The item; a click or Enter opens the panel. */
export class BellItem extends Widget {
  readonly #connection: Connection;
  readonly #shape = h("span", { class: "jp-Gorgon-glyph", "aria-hidden": "true" });
  readonly #words = h("span", { class: "jp-Gorgon-words" });
  readonly #button: HTMLButtonElement;
  readonly #heard = h("span", { class: "jp-Gorgon-heard", role: "status", "aria-live": "polite" });
  #level: Level | null = null;

  constructor(connection: Connection, open: () => void) {
    super();
    this.#connection = connection;
    this.id = "gorgon-bell";
    this.addClass("jp-Gorgon");
    this.addClass("jp-Gorgon-bell");
    this.#button = h("button", { type: "button", class: "jp-Gorgon-bellButton" }, this.#shape, " ", this.#words);
    this.#button.addEventListener("click", open);
    this.node.append(this.#button, this.#heard);
    connection.changed.connect(this.#draw, this);
    this.#draw();
  }

  override dispose(): void {
    this.#connection.changed.disconnect(this.#draw, this);
    super.dispose();
  }

  #draw(): void {
    const { level, text, title } = bellWords(this.#connection.state, this.#connection.status);
    setText(this.#shape, LEVEL_GLYPHS[level]);
    setText(this.#words, text);
    setAttr(this.#button, "title", t("{0}. Click for levels, kernels and alerts.", title));
    setAttr(this.#button, "aria-label", t("Gorgon: {0}", title));
    setAttr(this.#button, "data-level", level);
    if (level === this.#level) return;
    // The first level is no change.
    if (this.#level !== null) setText(this.#heard, t("Gorgon: {0}", title));
    this.#level = level;
  }
}
