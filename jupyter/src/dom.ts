/** What every drawing of this page needs beside webview/dom.ts: glyphs of levels and marks, and lists of texts. */
import type { Mark } from "../../protocol/cell-items.ts";
import type { Level } from "../../protocol/level.ts";
import { h } from "../../webview/dom.ts";

/** The shape that stands beside a level's word: colour alone says nothing. */
export const LEVEL_GLYPHS: Readonly<Record<Level, string>> = { OK: "✓", UNKNOWN: "?", WARN: "▲", CRIT: "◆" };

/** The shape before a part of a footer. */
export const MARK_GLYPHS: Readonly<Record<Mark, string>> = {
  none: "",
  done: "✓",
  stopped: "■",
  failed: "✕",
  runs: "●",
  warn: "▲",
  crit: "◆",
  frozen: "❚❚",
  go: "▶",
  stop: "■",
  end: "✕",
};

/** A glyph for the eye only. */
export function glyph(text: string): HTMLElement {
  return h("span", { class: "jp-Gorgon-glyph", "aria-hidden": "true" }, text);
}

/** A level as shape and word. */
export function levelBadge(level: Level): HTMLElement {
  return h("span", { class: `jp-Gorgon-level jp-Gorgon-${level}` }, glyph(LEVEL_GLYPHS[level]), ` ${level}`);
}

/** A button with a text. */
export function button(text: string, act: () => void, kind = ""): HTMLButtonElement {
  const made = h("button", { type: "button", class: `jp-Gorgon-button ${kind}`.trim() }, text);
  made.addEventListener("click", act);
  return made;
}
