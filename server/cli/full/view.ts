/** What the person at the screen has chosen, and what a key makes of it. Pure: keys in, the next view and a wish out. */
import type { Alert, Silence } from "../../../protocol/alert.ts";
import type { Attributes } from "../../../protocol/reading.ts";
import type { Key } from "./keys.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Lines that PageUp and PageDown go. */
const PAGE = 10;

/** Something that changes alerts for everybody. */
export type Deed =
  | { readonly kind: "acknowledge"; readonly alert: string; readonly undo: boolean }
  | { readonly kind: "silence"; readonly matchers: Attributes; readonly forMs: number }
  | { readonly kind: "endSilence"; readonly id: string };

/** What is asked before anything is done. */
export type Question =
  | { readonly about: "acknowledge"; readonly alert: Alert; readonly undo: boolean }
  | { readonly about: "silence"; readonly alert: Alert }
  | { readonly about: "endSilence"; readonly alert: Alert; readonly silence: Silence };

/** The view of the bell's screen. */
export interface BellView {
  /** An alert's id; null, or one that is gone: the first. */
  readonly selected: string | null;
  readonly help: boolean;
  readonly question: Question | null;
  /** What came of the last deed; empty when there is nothing to say. */
  readonly message: string;
}

/** The view at the beginning. */
export const FIRST_VIEW: BellView = { selected: null, help: false, question: null, message: "" };

/** The next view, and what the key asks for. */
export interface Pressed {
  readonly view: BellView;
  readonly wish: "quit" | Deed | null;
}

/** What the screen shows that a key may be about. */
export interface Shown {
  readonly alerts: readonly Alert[];
  readonly silences: readonly Silence[];
}

/** The alert that is selected; undefined when there is none at all. */
export function selectedOf(view: BellView, alerts: readonly Alert[]): Alert | undefined {
  return alerts.find(({ id }) => id === view.selected) ?? alerts[0];
}

/** What a silence of this alert fits: its rule and every label of its own. */
export function matchersOf(alert: Alert): Attributes {
  return { ...alert.labels, rule: alert.rule };
}

/** What a key does. */
export function press(view: BellView, key: Key, shown: Shown): Pressed {
  if (key.name === "interrupt") return { view, wish: "quit" };
  if (view.question !== null) return answer(view, view.question, key);
  const letter = key.name === "character" ? key.character : key.name;
  const stay = (next: Partial<BellView>): Pressed => ({ view: { ...view, message: "", ...next }, wish: null });
  if (letter === "?") return stay({ help: !view.help });
  if (letter === "q" || letter === "escape") {
    return view.help && letter === "escape" ? stay({ help: false }) : { view, wish: "quit" };
  }
  const steps: Readonly<Record<string, number>> = {
    up: -1,
    k: -1,
    down: 1,
    j: 1,
    pageup: -PAGE,
    pagedown: PAGE,
    home: -Infinity,
    end: Infinity,
  };
  const step = steps[letter];
  if (step !== undefined) return stay({ selected: moved(view, shown.alerts, step) });
  const alert = selectedOf(view, shown.alerts);
  if (letter !== "a" && letter !== "s") return stay({});
  if (alert === undefined) return stay({ message: "There is no alert to choose." });
  if (letter === "s") return stay(silencing(alert, shown.silences));
  if (alert.status === "resolved") return stay({ message: "This alert is over: there is nothing to acknowledge." });
  return stay({ question: { about: "acknowledge", alert, undo: alert.acknowledged !== null } });
}

function silencing(alert: Alert, silences: readonly Silence[]): Partial<BellView> {
  const silence = silences.find(({ id }) => id === alert.silencedBy);
  return { question: silence === undefined ? { about: "silence", alert } : { about: "endSilence", alert, silence } };
}

function moved(view: BellView, alerts: readonly Alert[], step: number): string | null {
  const at = Math.max(
    0,
    alerts.findIndex(({ id }) => id === view.selected),
  );
  return alerts[Math.min(alerts.length - 1, Math.max(0, at + step))]?.id ?? null;
}

/** Only a key that was offered does anything; every other one takes the question back. */
function answer(view: BellView, question: Question, key: Key): Pressed {
  const letter = key.name === "character" ? key.character.toLowerCase() : "";
  const next: BellView = { ...view, question: null, message: "" };
  const { alert } = question;
  switch (question.about) {
    case "acknowledge":
      return {
        view: next,
        wish: letter === "y" ? { kind: "acknowledge", alert: alert.id, undo: question.undo } : null,
      };
    case "endSilence":
      return { view: next, wish: letter === "y" ? { kind: "endSilence", id: question.silence.id } : null };
    case "silence": {
      const forMs = { h: HOUR_MS, "8": 8 * HOUR_MS, d: DAY_MS }[letter];
      return { view: next, wish: forMs === undefined ? null : { kind: "silence", matchers: matchersOf(alert), forMs } };
    }
  }
}
