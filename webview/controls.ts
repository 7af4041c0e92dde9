/** The controls: buttons of @vscode/webview-ui-toolkit, which only this file knows, and small ones of our own. */
import { t } from "@vscode/l10n";
import { provideVSCodeDesignSystem, vsCodeButton } from "@vscode/webview-ui-toolkit";
import type { Act, Action } from "./actions.ts";
import { type Part, h, icon, setAttr, setText } from "./dom.ts";
import { labelled } from "./words.ts";

/** Defines the elements. Before anything is drawn. */
export function registerControls(): void {
  provideVSCodeDesignSystem().register(vsCodeButton());
}

/** What a button that does something of its own shows. */
interface Press {
  readonly label: string;
  readonly title: string;
  readonly primary: boolean;
  readonly disabled?: boolean;
  /** A codicon in place of the label. */
  readonly glyph?: string;
}

/** A button; it rests while what it began is being done. */
export function pressButton(press: () => void | Promise<void>): Part<Press> {
  let disabled = false;
  let busy = false;
  const label = document.createTextNode("");
  const element = document.createElement("vscode-button");
  element.append(label);
  let glyph = "";
  const rest = (): void => setAttr(element, "disabled", busy || disabled ? "" : null);
  element.addEventListener("click", () => {
    if (busy || disabled) return;
    const done = press();
    if (done === undefined) return;
    busy = true;
    rest();
    void done.finally(() => {
      busy = false;
      rest();
    });
  });
  return {
    element,
    update(next) {
      disabled = next.disabled === true;
      const text = next.glyph === undefined ? next.label : "";
      if (label.data !== text) label.data = text;
      if (next.glyph !== undefined && next.glyph !== glyph) element.replaceChildren(label, icon(next.glyph));
      glyph = next.glyph ?? "";
      setAttr(element, "appearance", next.glyph !== undefined ? "icon" : next.primary ? "primary" : "secondary");
      const both = labelled(next.label, next.title);
      setAttr(element, "title", next.glyph === undefined ? next.title : both);
      // The title says about what; the label comes first, as voice control expects.
      setAttr(element, "aria-label", both);
      rest();
    },
  };
}

/** A button for an action; what it says and wants may change in place. `small`: its icon alone, where it has one. */
export function actionButton(action: Action, act: Act, small = false): Part<Action> {
  let current = action;
  const button = pressButton(() => act(current.message));
  return {
    element: button.element,
    update(next) {
      current = next;
      button.update(small && next.icon !== undefined ? { ...next, glyph: next.icon } : next);
    },
  };
}

/** A button with an icon that is on or off. */
export function toggleButton(glyph: string, onToggle: (on: boolean) => void): Part<{ on: boolean; label: string }> {
  let on = false;
  const element = document.createElement("vscode-button");
  setAttr(element, "appearance", "icon");
  element.append(icon(glyph));
  element.addEventListener("click", () => onToggle(!on));
  return {
    element,
    update(next) {
      on = next.on;
      setAttr(element, "aria-pressed", String(next.on));
      setAttr(element, "aria-label", next.label);
      setAttr(element, "title", next.label);
    },
  };
}

/** The ring that turns while there is nothing to show yet. */
export function progressRing(): HTMLElement {
  return h("span", { class: "progress-ring", role: "img", "aria-label": t("Loading") });
}

/** A field to type or choose in, with its words before it. */
export function field(label: string, input: HTMLInputElement | HTMLSelectElement, className = "field"): HTMLElement {
  const words = h("span", { class: "field-label" });
  setText(words, label);
  return h("label", { class: className }, words, input);
}

/** A list to choose one of; the options may change in place. */
export function select(
  label: string,
  onChoose: (value: string) => void,
): Part<readonly SelectOption[]> & { value(): string } {
  const list = h("select", { class: "input" });
  list.addEventListener("change", () => onChoose(list.value));
  let known = "";
  return {
    element: field(label, list, "field field-inline"),
    value: () => list.value,
    update(options) {
      const key = JSON.stringify(options);
      if (key === known) return;
      known = key;
      const chosen = list.value;
      list.replaceChildren(
        ...options.map(({ value, text }) => {
          const option = h("option", { value });
          setText(option, text);
          return option;
        }),
      );
      list.value = options.some((one) => one.value === chosen) ? chosen : (options[0]?.value ?? "");
    },
  };
}

/** One of the choices of a list. */
export interface SelectOption {
  readonly value: string;
  readonly text: string;
}
