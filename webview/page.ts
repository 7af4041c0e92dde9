/** The page as a whole: head, tabs and their panels; only what is in sight is drawn. */
import { t } from "@vscode/l10n";
import type { RangeMinutes, Tab } from "../protocol/messages/webview.ts";
import type { Act, Wish } from "./actions.ts";
import { aboutTab } from "./about/tab.ts";
import { alertsOf } from "./alerts/model.ts";
import { silenceForm } from "./alerts/silence.ts";
import { alertsTab } from "./alerts/tab.ts";
import type { Ask, Post } from "./ask.ts";
import type { PageState } from "./bridge.ts";
import { onThemeChange, readPalette } from "./charts/palette.ts";
import { pressButton } from "./controls.ts";
import { h, setAttr, setShown, setText } from "./dom.ts";
import { type ExploreState, explorePart } from "./explore/explore.ts";
import { type Input, viewOf } from "./model.ts";
import { overviewTab } from "./overview/tab.ts";
import { costPart } from "./parts/cost.ts";
import { headPart } from "./parts/head.ts";
import { noticesPart } from "./parts/notices.ts";
import { tabList } from "./tabs.ts";
import { messageOf } from "./words.ts";

/** What the page needs of whoever holds it. */
export interface PageOptions {
  /** What was remembered when the page was made. */
  readonly state: PageState;
  readonly ask: Ask;
  readonly post: Post;
  /** Keeps what the user chose, and draws. */
  readonly remember: (change: Partial<PageState>) => void;
}

/** The dashboard, once built. */
export interface Page {
  /** Draws what is known at this moment. `state`: what the user chose. */
  draw(input: Input, state: PageState): void;
}

/** Builds the page into an element. */
export function buildPage(app: HTMLElement, options: PageOptions): Page {
  const { ask, post, remember } = options;
  let palette = readPalette();
  let input: Input = { snapshot: null, now: 0, wokeAt: 0 };
  const trouble = troublePart();
  const form = silenceForm(ask);

  const chooseTab = (tab: Tab): void => remember({ tab });
  const act: Act = (wish: Wish) => {
    switch (wish.type) {
      case "tab":
        chooseTab(wish.tab);
        return undefined;
      case "silence": {
        const alert = input.snapshot?.state?.bell.alerts.find((one) => one.id === wish.alert);
        if (alert !== undefined) form.open(alert);
        return undefined;
      }
      case "acknowledge":
        return trouble.tell(ask({ ask: "acknowledge", alert: wish.alert, undo: wish.undo }));
      case "endSilence":
        return trouble.tell(ask({ ask: "endSilence", id: wish.id }));
      default:
        post(wish);
        return undefined;
    }
  };

  const head = headPart(act, options.state.range, (range: RangeMinutes) => {
    remember({ range });
    post({ type: "range", range });
  });
  const notices = noticesPart(act);
  const cost = costPart();
  const overview = overviewTab(act, options.state.range, palette);
  const alerts = alertsTab(act, ask);
  const about = aboutTab(act, ask);
  const explore = explorePart({
    ask,
    post,
    // Written by itself; it checks what it gets.
    state: options.state.explore as ExploreState | null,
    save: (state) => remember({ explore: state }),
  });
  const panels: Readonly<Record<Tab, HTMLElement>> = {
    overview: h("div", { class: "panel" }, overview.element),
    explore: h("div", { class: "panel" }, explore.element),
    alerts: h("div", { class: "panel" }, alerts.element),
    about: h("div", { class: "panel" }, about.element),
  };
  const tabs = tabList(panels, chooseTab);
  const main = h(
    "main",
    { class: "page" },
    head.element,
    tabs.element,
    trouble.element,
    notices.element,
    ...Object.values(panels),
    cost.element,
    form.element,
  );
  app.replaceChildren(main);
  onThemeChange(() => {
    palette = readPalette();
    overview.retheme(palette);
    explore.retheme(palette);
  });
  let shownTab: Tab | null = null;
  return {
    draw(next, { tab, range }) {
      input = next;
      const { snapshot, now } = next;
      const view = viewOf(next);
      const open = alertsOf(snapshot, now);
      setAttr(main, "data-phase", view.phase);
      setAttr(main, "data-faded", view.faded ? "" : null);
      setAttr(main, "data-tab", tab);
      // Nobody is led to where they are.
      const actions = view.head.actions.filter(({ message }) => message.type !== "tab" || message.tab !== tab);
      head.update({ ...view.head, actions, ranged: tab === "overview" });
      notices.update(view.notices);
      cost.update(view.cost);
      setShown(cost.element, tab === "overview");
      tabs.badge("alerts", open.open, t("{0} open", open.open));
      const was = shownTab;
      if (was !== tab) {
        shownTab = tab;
        tabs.choose(tab);
        explore.show(tab === "explore");
      }
      form.update(snapshot?.state?.bell.alerts ?? [], now);
      if (tab === "overview") overview.update({ input: next, view, alerts: open, range });
      if (tab === "explore") explore.update(snapshot, now);
      // Those that go out of sight are told so once.
      if (tab === "alerts" || was === "alerts") {
        alerts.update({ snapshot, now, visible: tab === "alerts", alerts: open, view });
      }
      if (tab === "about" || was === "about") about.update({ snapshot, now, visible: tab === "about" });
    },
  };
}

/** What went wrong with the last press, until it is put away or the next one goes well. */
function troublePart(): { readonly element: HTMLElement; tell(work: Promise<unknown>): Promise<void> } {
  const text = h("p", { class: "notice-text" });
  const element = h("section", { class: "notice notice-warning", role: "alert", "data-part": "trouble" }, text);
  const away = pressButton(() => setShown(element, false));
  away.update({ label: t("Dismiss"), title: t("Put this away"), primary: false });
  element.append(away.element);
  setShown(element, false);
  return {
    element,
    async tell(work) {
      try {
        await work;
        setShown(element, false);
      } catch (error) {
        setText(text, messageOf(error));
        setShown(element, true);
      }
    },
  };
}
