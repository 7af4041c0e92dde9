/** The first two lines: the level and what is the matter in words, why, what can be done; and the range. */
import { t } from "@vscode/l10n";
import { RANGES, type RangeMinutes } from "../../protocol/messages/webview.ts";
import type { Act } from "../actions.ts";
import { choice } from "../choice.ts";
import { actionButton, progressRing } from "../controls.ts";
import { Children, type Part, h, setAttr, setShown, setText } from "../dom.ts";
import type { Head } from "../model.ts";
import { MARKS, RANGE_WORDS } from "../words.ts";

/** The head, and whether the range means something to what is in sight. */
export interface ShownHead extends Head {
  readonly ranged: boolean;
}

/** Builds the head. `onRange` is told when the user chooses another range. */
export function headPart(act: Act, range: RangeMinutes, onRange: (range: RangeMinutes) => void): Part<ShownHead> {
  const mark = h("span", { class: "mark", "aria-hidden": "true" });
  const ring = h("span", { class: "ring" }, progressRing());
  const title = h("span", { "data-part": "headline" });
  const meta = h("span", { class: "meta", "data-part": "meta" });
  const detail = h("span", { class: "detail", "data-part": "detail" });
  const buttons = h("span", { class: "actions" });
  // Only this is read out by itself, and only when the level or what it is about changes.
  const announcement = h("p", { class: "unseen", role: "status" });
  const options = RANGES.map((value) => ({ value, text: RANGE_WORDS[value] }));
  const ranges = choice(t("Range of the charts"), options, range, onRange);
  const element = h(
    "header",
    { class: "head" },
    h("div", { class: "head-first" }, h("h1", {}, mark, ring, title), meta, ranges),
    h("p", { class: "head-second" }, detail, buttons),
    announcement,
  );
  const actions = new Children(buttons, (action: Head["actions"][number]) => actionButton(action, act));
  return {
    element,
    update(head) {
      setAttr(element, "data-level", head.level);
      setText(mark, head.level === null ? "" : MARKS[head.level]);
      setShown(mark, head.level !== null);
      setShown(ring, head.busy);
      setShown(ranges, head.ranged);
      setText(title, head.title);
      setText(meta, head.meta);
      setAttr(meta, "title", head.metaTitle);
      setText(detail, head.detail);
      setText(announcement, head.announcement);
      actions.update(head.actions);
    },
  };
}
