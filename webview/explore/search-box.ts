/** The field that finds series: a combobox with a list, worked by keyboard and read by screen readers. */
import { t } from "@vscode/l10n";
import type { SeriesInfo } from "../../protocol/series.ts";
import type { Ask } from "../ask.ts";
import { h, icon, setAttr, setShown, setText } from "../dom.ts";
import { attributesText } from "./names.ts";
import { NO_SEARCH, type SearchEvent, type SearchState, searchStatus, searched } from "./search.ts";
import { keyOf } from "./state.ts";
import { shownUnit } from "./units.ts";
import { messageOf } from "../words.ts";

/** The field. */
export interface SearchBox {
  readonly element: HTMLElement;
  /** Which series are chosen now, and whether there is room for more. */
  update(chosen: ReadonlySet<string>, full: boolean): void;
}

/** While letters follow each other faster than this nothing is asked. */
const DEBOUNCE_MS = 150;
const MOST_RESULTS = 50;
const LONG_STEP = 10;

/** Builds it. `toggle` chooses a series, or takes it away. */
export function searchBox(ask: Ask, toggle: (series: SeriesInfo) => void): SearchBox {
  let state: SearchState = NO_SEARCH;
  let chosen: ReadonlySet<string> = new Set();
  let full = false;
  let timer: number | undefined;
  let asking: AbortController | null = null;
  /** The results as they are drawn: they are made anew only when others come. */
  let drawn: readonly SeriesInfo[] = [];
  let options: HTMLElement[] = [];

  const input = h("input", {
    ...{ type: "text", id: "x-search", class: "x-input", role: "combobox", autocomplete: "off", spellcheck: "false" },
    ...{ "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "x-found", maxlength: "300" },
    "aria-describedby": "x-search-status",
    placeholder: t("Find a series by its metric, an attribute or what it means"),
  });
  const list = h("ul", {
    ...{ id: "x-found", class: "x-found", role: "listbox", "aria-label": t("Series"), "aria-multiselectable": "true" },
    hidden: "",
  });
  const status = h("p", { id: "x-search-status", class: "x-search-status note", role: "status" });
  const element = h(
    "div",
    { class: "x-search", "data-part": "explore-search" },
    h("label", { for: "x-search", class: "unseen" }, t("Find a series")),
    h("div", { class: "x-field" }, icon("search"), input),
    h("div", { class: "x-popup" }, status, list),
  );

  function happened(event: SearchEvent): void {
    state = searched(state, event);
    draw();
  }

  async function search(): Promise<void> {
    asking?.abort();
    const mine = new AbortController();
    asking = mine;
    happened({ type: "asked" });
    const { turn, text } = state;
    try {
      const answer = await ask({ ask: "series", search: text, limit: MOST_RESULTS }, mine.signal);
      happened({ type: "answered", turn, results: answer.series, total: answer.total });
    } catch (error) {
      happened({ type: "failed", turn, reason: messageOf(error) });
    }
  }

  input.addEventListener("input", () => {
    happened({ type: "typed", text: input.value });
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void search(), DEBOUNCE_MS);
  });
  const open = (): void => {
    if (state.open) return;
    happened({ type: "opened" });
    // Values and series may be others by now.
    void search();
  };
  input.addEventListener("focus", open);
  input.addEventListener("click", open);
  input.addEventListener("blur", () => happened({ type: "closed" }));
  input.addEventListener("keydown", (event) => {
    const steps: Readonly<Record<string, number>> = {
      ...{ ArrowDown: 1, ArrowUp: -1, PageDown: LONG_STEP, PageUp: -LONG_STEP },
    };
    const by = steps[event.key];
    if (by !== undefined) {
      event.preventDefault();
      open();
      happened({ type: "moved", by });
    } else if (event.key === "Enter") {
      event.preventDefault();
      const active = state.results[state.active];
      if (active !== undefined) toggle(active);
      // With one result, or none active yet, the best one is meant.
      else if (state.phase === "found" && state.results[0] !== undefined) happened({ type: "moved", by: 1 });
    } else if (event.key === "Escape" && state.open) {
      event.stopPropagation();
      happened({ type: "closed" });
    }
  });
  // A press on the list must not take the focus from the field: that would close it.
  list.addEventListener("mousedown", (event) => event.preventDefault());

  function draw(): void {
    const shown = state.open && state.results.length > 0;
    setAttr(input, "aria-expanded", String(shown));
    setShown(list, shown);
    const text = searchStatus(state);
    setText(
      status,
      full && state.open ? [text, t("As many are chosen as a chart can hold.")].filter(Boolean).join(" ") : text,
    );
    setAttr(status, "data-failed", state.phase === "failed" && state.open ? "" : null);
    if (drawn !== state.results) {
      drawn = state.results;
      options = drawn.map(optionOf);
      list.replaceChildren(...options);
    }
    options.forEach((option, index) => {
      const series = drawn[index];
      const isChosen = series !== undefined && chosen.has(keyOf(series));
      setAttr(option, "aria-selected", String(isChosen));
      setAttr(option, "aria-disabled", full && !isChosen ? "true" : null);
      setAttr(option, "data-active", index === state.active ? "" : null);
    });
    const active = shown ? options[state.active] : undefined;
    setAttr(input, "aria-activedescendant", active?.id ?? null);
    active?.scrollIntoView({ block: "nearest" });
  }

  function optionOf(series: SeriesInfo, index: number): HTMLElement {
    const { words, format } = shownUnit(series);
    // A counter's value since boot says little, and it is drawn as a rate.
    const value = series.kind === "counter" ? "" : format(series.value);
    const now = series.value === null ? t("not now") : value;
    const option = h(
      "li",
      { id: `x-option-${String(index)}`, role: "option", class: "x-option" },
      h("span", { class: "x-check codicon codicon-check", "aria-hidden": "true" }),
      h(
        "span",
        { class: "x-option-text" },
        h("span", { class: "x-option-first" }, h("b", {}, series.metric), ` ${attributesText(series.attributes)}`),
        h("span", { class: "x-option-second" }, [series.description, words].filter(Boolean).join(" · ")),
      ),
      h("span", { class: "x-option-value" }, now),
    );
    option.addEventListener("click", () => toggle(series));
    return option;
  }

  return {
    element,
    update(next, isFull) {
      chosen = next;
      full = isFull;
      draw();
    },
  };
}
