/** What stands under one cell: a line of parts that opens into the table of everything, and what can be answered. */
import { Widget } from "@lumino/widgets";
import { t } from "@vscode/l10n";
import { costParts, deathParts, frozenPart, liveParts, wasPart, type CellPart } from "../../protocol/cell-items.ts";
import type { GuardAnswer } from "../../protocol/kernel.ts";
import type { JupyterKernel } from "../../protocol/messages/jupyter.ts";
import { plain } from "../../protocol/plain.ts";
import { h, setAttr, setShown, setText } from "../../webview/dom.ts";
import type { CellView } from "./book.ts";
import { button, glyph, MARK_GLYPHS } from "./dom.ts";
import type { Values } from "./options.ts";
import { costElement, deathElement } from "./sheet.ts";

/** What a footer draws. */
export interface FooterInput {
  readonly view: CellView;
  /** The kernel as the server sees it; null where only the kernel's own word is there. */
  readonly kernel: JupyterKernel | null;
  readonly options: Values;
  /** Milliseconds since the epoch, by this page's clock. */
  readonly now: number;
  /** `Cell 12`. */
  readonly name: string;
  /** It is in the queue: what it cost before is not what it costs now. */
  readonly waiting: boolean;
  /** The cell's text is another than the one that ran. */
  readonly edited: () => boolean;
}

/** What the user can do there. */
export interface FooterActions {
  answer(answer: GuardAnswer): void;
  /** Back to the cell. */
  leave(): void;
}

/** The parts of a footer, and whether there is a table behind them. */
export interface FooterLine {
  readonly kind: "none" | "live" | "waiting" | "frozen" | "death" | "cost";
  readonly parts: readonly CellPart[];
}

/** What the line says. Of several things the most urgent. */
export function footerLine({ view, kernel, options, now, waiting }: Omit<FooterInput, "name" | "edited">): FooterLine {
  const { cost, running, death } = view;
  const guard = kernel?.guard ?? null;
  if (running !== null && guard?.phase === "frozen") {
    return { kind: "frozen", parts: [frozenPart(guard), { mark: "none", text: plain(guard.reason, 200) }] };
  }
  if (running !== null) {
    const was = cost !== null && options.show.includes("previous") ? wasPart(cost.now) : null;
    const parts = liveParts(kernel, now - running.seenAt, options.show);
    return { kind: "live", parts: was === null ? parts : [...parts, was] };
  }
  if (waiting) {
    const was = cost === null ? null : wasPart(cost.now);
    return was === null ? { kind: "none", parts: [] } : { kind: "waiting", parts: [was] };
  }
  if (death !== null) return { kind: "death", parts: deathParts(death) };
  if (cost === null || cost.cleared) return { kind: "none", parts: [] };
  const parts = costParts(cost, options);
  return { kind: parts.length === 0 ? "none" : "cost", parts };
}

const CLASSES: Readonly<Partial<Record<CellPart["mark"], string>>> = {
  failed: "jp-Gorgon-CRIT",
  frozen: "jp-Gorgon-CRIT",
  crit: "jp-Gorgon-CRIT",
  warn: "jp-Gorgon-WARN",
  stopped: "jp-Gorgon-WARN",
  runs: "jp-Gorgon-runs",
  done: "jp-Gorgon-OK",
};

let made = 0;

/** The widget. It is hidden while it has nothing to say. */
export class CellFooter extends Widget {
  readonly #toggle = h("button", { type: "button", class: "jp-Gorgon-line", "aria-expanded": "false" });
  readonly #answers: HTMLElement;
  readonly #table: HTMLElement;
  #input: FooterInput | null = null;
  #drawn = "";
  #sheet = "";
  #open = false;

  constructor(actions: FooterActions) {
    super();
    made += 1;
    this.addClass("jp-Gorgon");
    this.addClass("jp-Gorgon-footer");
    const id = `jp-Gorgon-sheet-${String(made)}`;
    this.#table = h("div", { class: "jp-Gorgon-details", id, role: "region" });
    this.#table.hidden = true;
    setAttr(this.#toggle, "aria-controls", id);
    this.#answers = h(
      "span",
      { class: "jp-Gorgon-answers" },
      button(`${MARK_GLYPHS.go} ${t("Continue")}`, () => actions.answer("continue")),
      button(`${MARK_GLYPHS.stop} ${t("Interrupt")}`, () => actions.answer("interrupt")),
      button(`${MARK_GLYPHS.end} ${t("End Kernel")}`, () => actions.answer("end"), "jp-Gorgon-danger"),
    );
    this.#answers.hidden = true;
    this.node.append(h("div", { class: "jp-Gorgon-row" }, this.#toggle, this.#answers), this.#table);
    setAttr(this.node, "role", "group");
    // Lab takes Enter and the arrow keys for the notebook otherwise, whatever has the focus in it.
    this.node.dataset["lmSuppressShortcuts"] = "true";
    this.#toggle.addEventListener("click", () => this.#turn(!this.#open));
    this.node.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      if (this.#open) this.#turn(false);
      else actions.leave();
    });
    // A click here is none on the cell: Lab would move the focus into its editor.
    this.node.addEventListener("mousedown", (event) => event.stopPropagation());
    this.hide();
  }

  /** Draws it anew where something of it is another. */
  draw(input: FooterInput): void {
    this.#input = input;
    const line = footerLine(input);
    this.setHidden(line.kind === "none");
    if (line.kind === "none") return;
    const key = JSON.stringify([line, input.name]);
    if (key !== this.#drawn) this.#drawLine(line, input.name);
    this.#drawn = key;
    setShown(this.#answers, line.kind === "frozen");
    if (this.#open) this.#drawTable();
  }

  /** Opens the table, and takes the focus there. */
  open(): void {
    this.#turn(true);
    this.#toggle.focus();
  }

  #turn(open: boolean): void {
    this.#open = open;
    if (open) this.#drawTable();
    setAttr(this.#toggle, "aria-expanded", String(open));
    setShown(this.#table, open);
  }

  #drawLine({ kind, parts }: FooterLine, name: string): void {
    setAttr(this.node, "aria-label", t("What {0} cost", name));
    setAttr(this.node, "data-kind", kind);
    const spans = parts.map(({ mark, text, quiet }) => {
      const shape = MARK_GLYPHS[mark];
      const kind = quiet === true ? "jp-Gorgon-muted" : (CLASSES[mark] ?? "");
      const span = h("span", { class: `jp-Gorgon-part ${kind}`.trim() });
      if (shape !== "") span.append(glyph(shape), " ");
      span.append(h("span", {}, plain(text, 200)));
      return span;
    });
    // Replaced as a whole the pressed button keeps the focus; only its words are others.
    this.#toggle.replaceChildren(...spans);
    setAttr(this.#toggle, "title", kind === "death" ? t("Why?") : t("Show everything that was measured"));
  }

  #drawTable(): void {
    const input = this.#input;
    if (input === null) return;
    const { cost, death, running } = input.view;
    const key = JSON.stringify([cost?.now.id, cost?.before?.id, death?.id, running === null, input.options.shares]);
    if (key === this.#sheet && this.#table.childElementCount > 0) return;
    this.#sheet = key;
    setAttr(this.#table, "aria-label", t("What {0} cost", input.name));
    if (death !== null && running === null) this.#table.replaceChildren(deathElement(death, input.name));
    else if (cost !== null) {
      this.#table.replaceChildren(costElement({ cost, shares: input.options.shares, edited: input.edited() }));
    } else {
      const note = h("p", { class: "jp-Gorgon-muted" });
      setText(note, t("Looked at from outside while it runs; the exact numbers come when it ends."));
      this.#table.replaceChildren(note);
    }
  }
}
