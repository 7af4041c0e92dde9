/** One of a few choices, as a row of segments; needs no toolkit, so that small pages can have it. */
import { h, setAttr } from "./dom.ts";

/** Where an arrow key leads among so many choices; null for a key that leads nowhere. */
function choiceAfter(at: number, key: string, amount: number): number | null {
  if (key === "ArrowRight" || key === "ArrowDown") return (at + 1) % amount;
  return key === "ArrowLeft" || key === "ArrowUp" ? (at + amount - 1) % amount : null;
}

/** One of a few choices, as a row of segments: one tab stop, arrow keys choose. */
export function choice<T extends string | number>(
  label: string,
  options: readonly { readonly value: T; readonly text: string }[],
  chosen: T,
  onChoose: (value: T) => void,
): HTMLElement {
  const group = h("div", { class: "choice", role: "radiogroup", "aria-label": label });
  const buttons = options.map(({ text }) => h("button", { type: "button", role: "radio", class: "segment" }, text));
  let current = options.findIndex((option) => option.value === chosen);
  const show = (): void =>
    buttons.forEach((button, index) => {
      setAttr(button, "aria-checked", String(index === current));
      setAttr(button, "tabindex", index === current ? "0" : "-1");
    });
  const choose = (index: number): void => {
    const option = options[index];
    if (option === undefined || index === current) return;
    current = index;
    show();
    onChoose(option.value);
  };
  buttons.forEach((button, index) => {
    button.addEventListener("click", () => choose(index));
    button.addEventListener("keydown", (event) => {
      const next = choiceAfter(index, event.key, buttons.length);
      if (next === null) return;
      event.preventDefault();
      buttons[next]?.focus();
      choose(next);
    });
  });
  show();
  group.append(...buttons);
  return group;
}
