/** What is not as configured or promised, each with what can be done. */
import type { Act } from "../actions.ts";
import { actionButton } from "../controls.ts";
import { Children, type Part, h, icon, setText } from "../dom.ts";
import type { Notice } from "../notices.ts";

/** Builds the list of notices. */
export function noticesPart(act: Act): Part<readonly Notice[]> {
  const element = h("div", { class: "notices" });
  const list = new Children(element, (notice: Notice) => noticePart(notice, act));
  return {
    element,
    update(notices) {
      list.update(notices);
    },
  };
}

function noticePart(first: Notice, act: Act): Part<Notice> {
  const text = h("p");
  const details = h("ul");
  const buttons = h("span", { class: "actions" });
  const element = h(
    "section",
    { class: `notice notice-${first.tone}`, "data-part": `notice-${first.id}` },
    icon(first.tone),
    h("div", { class: "notice-text" }, text, details),
    buttons,
  );
  const items = new Children(details, () => {
    const item = h("li");
    return { element: item, update: (detail: { id: string; text: string }) => setText(item, detail.text) };
  });
  const actions = new Children(buttons, (action: Notice["actions"][number]) => actionButton(action, act));
  return {
    element,
    update(notice) {
      setText(text, notice.text);
      items.update(notice.details.map((detail, index) => ({ id: String(index), text: detail })));
      details.hidden = notice.details.length === 0;
      actions.update(notice.actions);
    },
  };
}
