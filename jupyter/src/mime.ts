/** Draws a record that stands in an output. A notebook file is somebody else's: whatever is in it is drawn as texts, or refused in words. */
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import { Widget } from "@lumino/widgets";
import { t } from "@vscode/l10n";
import { costParts } from "../../protocol/cell-items.ts";
import { parseRecord } from "../../protocol/cell-parse.ts";
import { levelOf } from "../../protocol/cell-words.ts";
import { CELL_MIME, SHOWN, type CellRecord } from "../../protocol/cell.ts";
import { plain } from "../../protocol/plain.ts";
import { h } from "../../webview/dom.ts";
import { levelBadge, MARK_GLYPHS } from "./dom.ts";
import type { Options } from "./options.ts";
import { costElement } from "./sheet.ts";

function nameOf({ cell }: CellRecord): string {
  const label = plain(cell.label, 60);
  const number = cell.executionCount === null ? "" : `[${String(cell.executionCount)}]`;
  return [label, number].filter((one) => one !== "").join(" ");
}

/** The record's line and, behind it, its table; or why it cannot be drawn. */
export function recordElement(value: unknown, options: Pick<Options, "values">): HTMLElement {
  const record = parseRecord(value);
  if (record === null) {
    return h(
      "p",
      { class: "jp-Gorgon-muted" },
      t("This output says that it is the cost of a cell, but it has not the form of one."),
    );
  }
  const { shares } = options.values;
  const cost = { now: record, before: null, cleared: false };
  const parts = costParts(cost, { show: SHOWN, minWallMs: 0, shares });
  const line = parts.map(({ mark, text }) => `${MARK_GLYPHS[mark]} ${plain(text, 200)}`.trim()).join(" · ");
  const summary = h("summary", {}, levelBadge(levelOf(record, shares)), " ", nameOf(record), " ", line);
  return h(
    "details",
    { class: "jp-Gorgon-record" },
    summary,
    costElement({ cost, shares, edited: false, alone: true }),
  );
}

class RecordRenderer extends Widget implements IRenderMime.IRenderer {
  readonly #options: Options;

  constructor(options: Options) {
    super();
    this.#options = options;
    this.addClass("jp-Gorgon");
    this.addClass("jp-Gorgon-output");
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    try {
      this.node.replaceChildren(recordElement(model.data[CELL_MIME], this.#options));
    } catch (error) {
      // Whoever throws here keeps Lab from opening the whole notebook.
      this.node.replaceChildren(
        t("The cost of a cell that stands here cannot be drawn: {0}", plain(String(error), 200)),
      );
    }
    return Promise.resolve();
  }
}

/** Preferred over the plain text and the HTML that stand beside it: those are for front ends without this. */
export function rendererFactory(options: Options): IRenderMime.IRendererFactory {
  return {
    safe: true,
    mimeTypes: [CELL_MIME],
    defaultRank: 20,
    createRenderer: () => new RecordRenderer(options),
  };
}
