/** Tabs as ARIA's authoring practices have them: arrow keys, Home and End, one tab stop, the focus kept. */
import { t } from "@vscode/l10n";
import { TABS, type Tab } from "../protocol/messages/webview.ts";
import { h, setAttr, setShown, setText } from "./dom.ts";

/** What the tabs are called. */
function titleOf(tab: Tab): string {
  return { overview: t("Overview"), explore: t("Explore"), alerts: t("Alerts"), about: t("About") }[tab];
}

/** The row of tabs; the panels belong to the page. */
export interface TabList {
  readonly element: HTMLElement;
  /** Shows this tab and hides the others. */
  choose(tab: Tab): void;
  /** A number beside a tab's name; 0 shows none. `words`: the number and what it counts, for those who only hear it. */
  badge(tab: Tab, amount: number, words: string): void;
}

/** Where a key leads from a tab; null for a key that leads nowhere. */
export function tabAfter(tab: Tab, key: string): Tab | null {
  const at = TABS.indexOf(tab);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + TABS.length, Home: 0, End: TABS.length - 1 }[key];
  return to === undefined ? null : (TABS[to % TABS.length] ?? null);
}

/** Builds the row over panels that exist. `onChoose` is told when the user chooses. */
export function tabList(panels: Readonly<Record<Tab, HTMLElement>>, onChoose: (tab: Tab) => void): TabList {
  const element = h("div", { class: "tabs", role: "tablist", "aria-label": t("Dashboard") });
  const parts = Object.fromEntries(TABS.map((tab) => [tab, tabPart(tab, panels[tab])])) as Record<Tab, TabPart>;
  element.append(...TABS.map((tab) => parts[tab].button));
  element.addEventListener("keydown", (event) => {
    const here = TABS.find((tab) => parts[tab].button === event.target);
    const next = here === undefined ? null : tabAfter(here, event.key);
    if (next === null) return;
    event.preventDefault();
    parts[next].button.focus();
    onChoose(next);
  });
  for (const tab of TABS) parts[tab].button.addEventListener("click", () => onChoose(tab));
  return {
    element,
    choose(chosen) {
      for (const tab of TABS) {
        const { button } = parts[tab];
        setAttr(button, "aria-selected", String(tab === chosen));
        setAttr(button, "tabindex", tab === chosen ? "0" : "-1");
        setShown(panels[tab], tab === chosen);
      }
    },
    badge(tab, amount, words) {
      const { badge, counted } = parts[tab];
      setText(badge, amount === 0 ? "" : String(amount));
      setText(counted, amount === 0 ? "" : words);
      setShown(badge, amount > 0);
    },
  };
}

interface TabPart {
  readonly button: HTMLElement;
  readonly badge: HTMLElement;
  readonly counted: HTMLElement;
}

function tabPart(tab: Tab, panel: HTMLElement): TabPart {
  const badge = h("span", { class: "badge", "aria-hidden": "true" });
  const counted = h("span", { class: "unseen" });
  badge.hidden = true;
  const button = h(
    "button",
    { type: "button", class: "tab", role: "tab", id: `tab-${tab}`, "aria-controls": `panel-${tab}`, "data-tab": tab },
    h("span", {}, titleOf(tab)),
    " ",
    badge,
    " ",
    counted,
  );
  setAttr(panel, "id", `panel-${tab}`);
  setAttr(panel, "role", "tabpanel");
  setAttr(panel, "aria-labelledby", `tab-${tab}`);
  return { button, badge, counted };
}
