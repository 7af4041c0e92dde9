/** Explore: any series by search, on axes by unit, over any time; the part of the page that puts its pieces together. */
import { t } from "@vscode/l10n";
import "./explore.css";
import type { DashboardSnapshot } from "../../protocol/messages/webview.ts";
import type { SeriesInfo } from "../../protocol/series.ts";
import { stepOf } from "../../protocol/steps.ts";
import type { Ask, Post } from "../ask.ts";
import { type Palette, readPalette } from "../charts/palette.ts";
import { Children, h, setShown, setText } from "../dom.ts";
import { rowPart, tableElement } from "../parts/plot.ts";
import type { TableRow } from "../plots.ts";
import { labelled } from "../words.ts";
import { chartsOf, groupByUnit } from "./axes.ts";
import { type CardView, type ChartCard, type Draft, chartCard } from "./chart-card.ts";
import { chipsPart } from "./chips.ts";
import { Deeds } from "./deeds.ts";
import { emptyPart } from "./empty.ts";
import { Feed } from "./feed.ts";
import { chipGroups, draftOf, draftText, statusText } from "./model.ts";
import { type RuleDraft, judgeable, ruleForm } from "./rule-form.ts";
import { type Scene, scenesOf, tableOf } from "./scene.ts";
import { searchBox } from "./search-box.ts";
import {
  EMPTY_STATE,
  type ExploreState,
  MOST_SERIES,
  keyOf,
  withSeries,
  withUnit,
  withoutSeries,
  parseExploreState,
} from "./state.ts";
import { momentText, windowText } from "./time-axis.ts";
import { toolbar } from "./toolbar.ts";
import { type TimeWindow, followed, panned, selected, spanOf, zoomed } from "./window.ts";

export type { ExploreState } from "./state.ts";

/** What Explore needs of the page. */
export interface ExploreOptions {
  readonly ask: Ask;
  readonly post: Post;
  /** What was remembered, by whatever release; null: nothing. It is checked. */
  readonly state: ExploreState | null;
  /** Called soon after every change of it. */
  save(state: ExploreState): void;
}

/** The part. Hidden until it is shown. */
export interface ExplorePart {
  readonly element: HTMLElement;
  /** At every snapshot and every second. `now`: by the worker's clock. */
  update(snapshot: DashboardSnapshot | null, now: number): void;
  /** Nothing is asked and drawn while it is hidden. */
  show(visible: boolean): void;
  retheme(palette: Palette): void;
}

/** As many points as a wide chart has pixels for; of many lines fewer, so that drawing keeps up. */
const MOST_POINTS = 600;
const MANY_LINES = 16;
const POINTS_OF_MANY = 300;
/** A live window asks again when this share of a step has passed. */
const LIVE_SHARE = 0.1;
const REMEMBER_MS = 250;
const VALUE_TICKS = 5;
const DEFAULT_INTERVAL_MS = 2000;

/** Builds the part. */
export function explorePart(options: ExploreOptions): ExplorePart {
  const { ask, post } = options;
  let state = parseExploreState(options.state) ?? EMPTY_STATE;
  let palette = readPalette();
  let snapshot: DashboardSnapshot | null = null;
  let now = Date.now();
  let visible = false;
  let asTable = false;
  let cursor: number | null = null;
  let highlighted: string | null = null;
  let draft: RuleDraft | null = null;
  let scenes: readonly Scene[] = [];
  let cards: ChartCard[] = [];
  let frame: number | null = null;
  let askedAt = -Infinity;
  let rememberer: number | undefined;
  let moved = false;

  const feed = new Feed(ask, schedule);
  const search = searchBox(ask, toggle);
  const deeds = new Deeds({ ask, post, say, scenes: () => scenes, palette: () => palette });
  const chips = chipsPart(
    {
      remove: (key) => change(withoutSeries(state, key)),
      highlight(key) {
        highlighted = key;
        schedule();
      },
      show: (unit, shown) => change(withUnit(state, unit, shown)),
    },
    () => palette,
  );
  const bar = toolbar({
    range: (span) => move({ live: true, span }),
    pan: (share) => move(panned(state.window, now, share)),
    zoom: (factor) => move(zoomed(state.window, now, factor)),
    live: () => move(followed(state.window, now)),
    table() {
      asTable = !asTable;
      schedule();
    },
    copyCsv: () => void deeds.copyCsv(),
    saveCsv: () => void deeds.saveCsv(),
    copyPicture: () => void deeds.copyPicture(cards.map((card) => card.canvas)),
    pin: () => deeds.pin(state.series),
    addRule: beginRule,
  });
  const form = ruleForm({
    change(next) {
      draft = next.key === draft?.key ? next : draftOf(next.key, state.series, scenes);
      schedule();
    },
    submit: () => void submitRule(),
    cancel: endRule,
  });
  const status = h("p", { class: "x-status note", "data-part": "explore-status" });
  const retry = h("button", { class: "x-button", type: "button", hidden: "" }, t("Try Again"));
  retry.addEventListener("click", () => feed.retry());
  const told = h("p", { class: "unseen", role: "status" });
  const done = h("p", { class: "x-done note", role: "status", "data-part": "explore-done" });
  const empty = emptyPart((series) => {
    change(withSeries(state, series));
    // The button is gone by now: the focus goes on to what it made.
    drawNow();
    element.querySelector<HTMLElement>(".x-surface")?.focus();
  });
  const charts = h("div", { class: "x-charts" });
  const body = h("tbody");
  const rows = new Children<TableRow>(body, rowPart);
  const table = tableElement(t("The chosen series in this window"), body);
  const work = h(
    "div",
    { class: "x-work" },
    bar.element,
    chips.element,
    form.element,
    charts,
    table,
    h("div", { class: "x-foot" }, status, retry, done),
  );
  const element = h("div", { class: "x-explore", "data-part": "explore" }, search.element, empty, work, told);

  function change(next: ExploreState): void {
    if (next === state) return;
    state = next;
    rememberer ??= window.setTimeout(remember, REMEMBER_MS);
    if (draft !== null && !state.series.some((one) => keyOf(one) === draft?.key)) draft = null;
    want();
    schedule();
  }

  function move(window: TimeWindow): void {
    moved = true;
    change({ ...state, window });
  }

  /** A drag changes the state with every frame; it is remembered, and where it led is told, once in a while. */
  function remember(): void {
    window.clearTimeout(rememberer);
    rememberer = undefined;
    options.save(state);
    if (moved) say(windowText(spanOf(state.window, now), now), true);
    moved = false;
  }

  function toggle(series: SeriesInfo): void {
    const key = keyOf(series);
    const chosen = state.series.some((one) => keyOf(one) === key);
    change(chosen ? withoutSeries(state, key) : withSeries(state, series));
  }

  /** Says something once: to be read, or to be heard only. */
  function say(text: string, unseen = false): void {
    setText(unseen ? told : done, text);
  }

  function beginRule(): void {
    const [first] = judgeable(state.series);
    if (first !== undefined) draft = draftOf(highlighted ?? keyOf(first), state.series, scenes) ?? draft;
    drawNow();
    form.focus();
  }

  function endRule(): void {
    draft = null;
    drawNow();
    element.querySelector<HTMLElement>(".x-surface")?.focus();
  }

  async function submitRule(): Promise<void> {
    if (draft !== null && (await deeds.addRule(draft, state.series))) endRule();
  }

  /** Sees to the values of the window as it is now. */
  function want(): void {
    if (!visible || state.series.length === 0) return;
    askedAt = now;
    const window = spanOf(state.window, now);
    feed.want({ series: state.series, window, step: stepAt(window.to - window.from), now });
  }

  function stepAt(span: number): number {
    const points = state.series.length > MANY_LINES ? POINTS_OF_MANY : MOST_POINTS;
    return stepOf(span, points, Math.min(intervalMs(), span / 60));
  }

  function intervalMs(): number {
    return snapshot?.state?.rate.baseMs ?? DEFAULT_INTERVAL_MS;
  }

  /** Draws with the next frame, once however often it is called. */
  function schedule(): void {
    frame ??= requestAnimationFrame(() => {
      frame = null;
      drawNow();
    });
  }

  function drawNow(): void {
    if (!visible) return;
    const window = spanOf(state.window, now);
    const groups = groupByUnit(state.series);
    scenes = scenesOf(chartsOf(groups, state.hiddenUnits), {
      window,
      live: state.window.live,
      held: (key) => feed.held(key),
      rules: snapshot?.state?.bell.verdicts.map(({ rule }) => rule) ?? [],
      notes: feed.notes,
      intervalMs: intervalMs(),
      ticks: VALUE_TICKS,
    });
    const some = state.series.length > 0;
    setShown(empty, !some);
    setShown(work, some);
    search.update(new Set(state.series.map(keyOf)), state.series.length >= MOST_SERIES);
    bar.update({
      window: state.window,
      words: windowText(window, now),
      table: asTable,
      usable: scenes.length > 0,
      noRule: noRule(),
    });
    chips.update(chipGroups(groups, state.hiddenUnits, scenes, cursor));
    form.update(draft, state.series);
    drawCards();
    setShown(table, asTable);
    if (asTable) rows.update(tableOf(scenes));
    const { failed } = feed.status();
    setText(
      status,
      statusText(feed.status(), scenes, state.series, (key) => feed.held(key)),
    );
    setShown(retry, failed !== "");
  }

  function noRule(): string {
    if (snapshot?.mayAct === false) return t("Rules cannot be added here: the workspace is not trusted.");
    return judgeable(state.series).length > 0 ? "" : t("A rule judges a value, and these series only grow.");
  }

  function drawCards(): void {
    while (cards.length > scenes.length) {
      const card = cards.pop();
      card?.element.remove();
      card?.dispose();
    }
    scenes.forEach((scene, index) => {
      let card = cards[index];
      if (card === undefined) {
        card = makeCard(scene, index);
        cards = [...cards, card];
        charts.append(card.element);
      }
      const view: CardView = { scene, highlighted, cursor, draft: cardDraft(), now };
      card.draw(view);
    });
  }

  function cardDraft(): Draft | null {
    return draft === null ? null : { key: draft.key, value: draft.value, text: draftText(draft, state.series) };
  }

  function makeCard(scene: Scene, index: number): ChartCard {
    const timeAt = (share: number): number => {
      const { from, to } = spanOf(state.window, now);
      return from + share * (to - from);
    };
    return chartCard(scene, palette, {
      zoom: (factor, at) => move(zoomed(state.window, now, factor, at === null ? undefined : timeAt(at))),
      pan: (share) => move(panned(state.window, now, share)),
      select: (from, to) => move(selected(timeAt(from), timeAt(to), now)),
      selecting: (span) => cards[index]?.selecting(span),
      point: (at) => point(at === null ? null : timeAt(at)),
      step(share) {
        const { from, to } = spanOf(state.window, now);
        const at = Math.min(to, Math.max(from, (cursor ?? to) + share * (to - from)));
        point(at);
        tellCursor(at);
      },
      live: () => move(followed(state.window, now)),
      draft(value) {
        if (draft === null) return;
        draft = { ...draft, value };
        schedule();
      },
    });
  }

  /** The cursor is the same on every chart; the lines are not drawn anew for it. */
  function point(at: number | null): void {
    cursor = at;
    for (const card of cards) card.point(at, now);
    chips.update(chipGroups(groupByUnit(state.series), state.hiddenUnits, scenes, cursor));
  }

  function tellCursor(at: number): void {
    const span = spanOf(state.window, now);
    const values = chipGroups(groupByUnit(state.series), state.hiddenUnits, scenes, at)
      .flatMap((group) => group.chips)
      .map((chip) => `${chip.series.metric} ${chip.value}`);
    say(labelled(momentText(at, span.to - span.from, now), values.slice(0, 5).join(", ")), true);
  }

  return {
    element,
    update(next, time) {
      const fresh = next?.state?.time !== snapshot?.state?.time;
      snapshot = next;
      now = time;
      if (!visible) return;
      const span = spanOf(state.window, now);
      const due = now - askedAt >= LIVE_SHARE * stepAt(span.to - span.from);
      if (fresh && due && state.window.live) want();
      schedule();
    },
    show(shown) {
      if (visible === shown) return;
      visible = shown;
      if (!shown) {
        if (rememberer !== undefined) remember();
        feed.rest();
        return;
      }
      want();
      schedule();
    },
    retheme(next) {
      palette = next;
      for (const card of cards) card.retheme(next);
      schedule();
    },
  };
}
