/** The last line: what Gorgon itself costs. */
import { Children, type Part, h, setAttr, setText } from "../dom.ts";
import type { Cost } from "../model.ts";

/** Builds the line. */
export function costPart(): Part<readonly Cost[]> {
  const element = h("footer", { class: "cost", "data-part": "cost" });
  const parts = new Children(element, () => {
    const text = h("span");
    return {
      element: text,
      update(cost: Cost) {
        setText(text, cost.text);
        setAttr(text, "title", cost.title);
      },
    };
  });
  return {
    element,
    update(cost) {
      parts.update(cost);
    },
  };
}
