/** A card: a section that is called by its head, with what stands beside that. */
import { type Attrs, h } from "../dom.ts";

/** Builds it. `attrs`: its class beside `card`, and others; `top`: what stands beside the title. */
export function card(title: string, attrs: Attrs, top: readonly Node[], ...children: readonly Node[]): HTMLElement {
  return h(
    "section",
    { ...attrs, class: `card ${attrs["class"] ?? ""}`.trim(), "aria-label": title },
    h("div", { class: "card-top" }, h("h2", {}, title), ...top),
    ...children,
  );
}
