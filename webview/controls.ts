/** The leaf controls of @vscode/webview-ui-toolkit: the one file that knows it, so that another can take its place. */
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeProgressRing,
  vsCodeRadio,
  vsCodeRadioGroup,
} from "@vscode/webview-ui-toolkit";
import type { FromDashboard } from "../protocol/messages/webview.ts";
import type { Action } from "./actions.ts";
import { type Part, h, icon, setAttr, setText } from "./dom.ts";

/** Defines the elements. Before anything is drawn. */
export function registerControls(): void {
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeProgressRing(), vsCodeRadio(), vsCodeRadioGroup());
}

/** Sends what a button stands for. */
export type Post = (message: FromDashboard) => void;

/** A button for an action; what it says and sends may change in place. */
export function actionButton(action: Action, post: Post): Part<Action> {
  let current = action;
  const label = document.createTextNode(action.label);
  const element = document.createElement("vscode-button");
  element.append(label);
  element.addEventListener("click", () => post(current.message));
  return {
    element,
    update(next) {
      current = next;
      if (label.data !== next.label) label.data = next.label;
      setAttr(element, "appearance", next.primary ? "primary" : "secondary");
      setAttr(element, "title", next.title);
      // The title says which rule; the label comes first, as voice control expects.
      setAttr(element, "aria-label", `${next.label}: ${next.title}`);
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
  const ring = document.createElement("vscode-progress-ring");
  ring.setAttribute("aria-label", "Loading");
  return ring;
}

/** One of a few choices, as a row of segments. */
export function choice<T extends string | number>(
  label: string,
  options: readonly { readonly value: T; readonly text: string }[],
  chosen: T,
  onChoose: (value: T) => void,
): HTMLElement {
  const group = document.createElement("vscode-radio-group");
  group.setAttribute("class", "choice");
  group.setAttribute("aria-label", label);
  group.setAttribute("orientation", "horizontal");
  group.setAttribute("value", String(chosen));
  for (const { value, text } of options) {
    const radio = document.createElement("vscode-radio");
    radio.setAttribute("value", String(value));
    const word = h("span");
    setText(word, text);
    radio.append(word);
    group.append(radio);
  }
  let current = chosen;
  group.addEventListener("change", () => {
    const value = (group as HTMLElement & { value?: string }).value;
    const found = options.find((option) => String(option.value) === value)?.value;
    if (found === undefined || found === current) return;
    current = found;
    onChoose(found);
  });
  return group;
}
