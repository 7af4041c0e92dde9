/** The form that silences alerts: a dialog with what must fit, how long, why, and which open alerts it would cover. */
import { t } from "@vscode/l10n";
import type { Alert } from "../../protocol/alert.ts";
import type { Ask } from "../ask.ts";
import { field, pressButton } from "../controls.ts";
import { h, setAttr, setShown, setText } from "../dom.ts";
import { shown, messageOf } from "../words.ts";
import { alertName } from "./model.ts";
import { DURATIONS, type Matcher, matchersOf, previewOf, wantedSilence } from "./silence-model.ts";

/** The form; there is one for the whole page. */
export interface SilenceForm {
  readonly element: HTMLElement;
  /** Opens it for an alert. */
  open(alert: Alert): void;
  /** The alerts that it may cover, and the worker's time. */
  update(alerts: readonly Alert[], now: number): void;
}

/** Builds the form. Escape and Cancel leave everything as it was; the focus goes back to where it came from. */
export function silenceForm(ask: Ask): SilenceForm {
  const title = h("h2", { id: "silence-title" });
  const lines = h("div", { class: "matchers", role: "group", "aria-label": t("What must fit") });
  const duration = h("select", { class: "input", id: "silence-duration" });
  duration.append(...DURATIONS.map(({ value, text }) => h("option", { value }, text())));
  const comment = h("input", { class: "input", type: "text", maxlength: "500", id: "silence-comment" });
  const preview = h("p", { class: "silence-preview", "data-part": "silence-preview" });
  const problem = h("p", { class: "silence-problem", role: "alert" });
  const element = h(
    "dialog",
    { class: "silence", "aria-labelledby": "silence-title" },
    title,
    h(
      "p",
      { class: "note" },
      t("An alert is covered when every ticked line fits. A text that ends in * fits all that begin alike."),
    ),
    lines,
    field(t("For how long"), duration),
    field(t("Comment, for others"), comment),
    preview,
    problem,
  );
  let matchers: Matcher[] = [];
  let alerts: readonly Alert[] = [];
  let now = 0;

  const submit = pressButton(send);
  const cancel = pressButton(() => element.close());
  cancel.update({ label: t("Cancel"), title: t("Change nothing"), primary: false });
  element.append(h("div", { class: "dialog-buttons" }, submit.element, cancel.element));

  function wanted(): ReturnType<typeof wantedSilence> {
    return wantedSilence(matchers, duration.value, comment.value, now);
  }

  async function send(): Promise<void> {
    if (previewOf(wanted(), alerts).problem !== "") return;
    try {
      await ask({ ask: "silence", silence: wanted() });
      element.close();
    } catch (error) {
      setText(problem, messageOf(error));
      setShown(problem, true);
    }
  }

  function draw(): void {
    const { text, problem: hindrance } = previewOf(wanted(), alerts);
    setText(preview, hindrance === "" ? text : hindrance);
    setAttr(preview, "data-problem", hindrance === "" ? null : "");
    submit.update({
      label: t("Silence"),
      title: hindrance === "" ? text : hindrance,
      primary: true,
      disabled: hindrance !== "",
    });
  }

  function line(matcher: Matcher, index: number): HTMLElement {
    const tick = h("input", { type: "checkbox", "aria-label": t("{0} must fit", shown(matcher.key, 120)) });
    tick.checked = matcher.used;
    const key = h("span", { class: "matcher-key" });
    setText(key, shown(matcher.key, 60));
    const value = h("input", { class: "input", type: "text", "aria-label": shown(matcher.key, 120) });
    value.value = matcher.value;
    const change = (): void => {
      matchers[index] = { ...matcher, used: tick.checked, value: value.value };
      draw();
    };
    tick.addEventListener("change", change);
    value.addEventListener("input", change);
    return h("div", { class: "matcher" }, tick, key, value);
  }

  element.addEventListener("keydown", (event) => {
    // The page's sandbox knows no form: Enter in a field is what a form would do.
    if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    void send();
  });
  duration.addEventListener("change", draw);

  return {
    element,
    open(alert) {
      matchers = matchersOf(alert);
      setText(title, t("Silence {0}", alertName(alert)));
      lines.replaceChildren(...matchers.map(line));
      duration.value = "1h";
      comment.value = "";
      setShown(problem, false);
      draw();
      element.showModal();
      duration.focus();
    },
    update(next, at) {
      alerts = next;
      now = at;
      if (element.open) draw();
    },
  };
}
