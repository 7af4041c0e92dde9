/** The tab about Gorgon itself: cost, history, place, sensors, settings and where each came from. */
import { t } from "@vscode/l10n";
import type { SettingOrigin } from "../../protocol/config.ts";
import type { DashboardSnapshot } from "../../protocol/messages/webview.ts";
import { type Act, doctorAction, logAction, settingsAction } from "../actions.ts";
import { type Ask, QuestionFailed } from "../ask.ts";
import { actionButton, field } from "../controls.ts";
import { Children, type Part, h, setAttr, setShown, setText } from "../dom.ts";
import { card } from "../parts/card.ts";
import { MARKS, messageOf } from "../words.ts";
import { type About, type Fact, type SensorRow, type SettingRow, aboutOf, settingRows } from "./model.ts";

/** What the tab is made from. */
export interface AboutTab {
  readonly snapshot: DashboardSnapshot | null;
  readonly now: number;
  readonly visible: boolean;
}

/** Builds the tab. */
export function aboutTab(act: Act, ask: Ask): Part<AboutTab> {
  const links = h("span", { class: "actions" });
  for (const action of [doctorAction(), logAction(), settingsAction()]) {
    const button = actionButton(action, act);
    button.update(action);
    links.append(button.element);
  }
  const cost = factsPart(t("What Gorgon costs"));
  const history = factsPart(t("History"));
  const place = factsPart(t("This window"));
  const sensors = sensorsPart();
  const settings = settingsPart(ask);
  const element = h(
    "div",
    { class: "stack values about" },
    h("div", { class: "about-facts" }, cost.element, history.element, place.element),
    sensors.element,
    settings.element,
    h("div", { class: "links" }, links),
  );
  return {
    element,
    update(model) {
      const about = aboutOf(model.snapshot, model.now);
      cost.update(about.cost);
      history.update(about.history);
      place.update(about.place);
      sensors.update(about);
      settings.update(model);
    },
  };
}

function factsPart(title: string): Part<readonly Fact[]> {
  const list = h("dl", { class: "facts" });
  const none = h("p", { class: "none" }, t("Known with the first reading."));
  const rows = new Children(list, () => {
    const name = h("dt");
    const value = h("span");
    const more = h("span", { class: "note" });
    return {
      element: h("div", { class: "fact" }, name, h("dd", {}, value, " ", more)),
      update(fact: Fact) {
        setText(name, fact.name);
        setText(value, fact.value);
        setText(more, fact.more === "" ? "" : `· ${fact.more}`);
      },
    };
  });
  return {
    element: card(title, {}, [], list, none),
    update(facts) {
      rows.update(facts);
      setShown(list, facts.length > 0);
      setShown(none, facts.length === 0);
    },
  };
}

function heads(...texts: readonly string[]): HTMLElement {
  return h("thead", {}, h("tr", {}, ...texts.map((text) => h("th", { scope: "col" }, text))));
}

function scrolling(label: string, table: HTMLElement): HTMLElement {
  return h("div", { class: "plot-table wide-table", tabindex: "0", role: "region", "aria-label": label }, table);
}

function sensorsPart(): Part<About> {
  const note = h("span", { class: "note" });
  const body = h("tbody");
  const rows = new Children(body, sensorPart);
  const head = heads(...[t("Sensor"), t("Crab"), t("State"), t("Every"), t("Reading took"), t("Failures"), t("Why")]);
  const table = h("table", {}, h("caption", { class: "unseen" }, t("Sensors")), head, body);
  const none = h("p", { class: "none" }, t("No sensor has been read yet."));
  const area = scrolling(t("Sensors as a table"), table);
  return {
    element: card(t("Sensors"), { "data-part": "sensors" }, [note], area, none),
    update({ sensors, sensorsNote }) {
      setText(note, sensorsNote);
      rows.update(sensors);
      setShown(area, sensors.length > 0);
      setShown(none, sensors.length === 0);
    },
  };
}

function sensorPart(): Part<SensorRow> {
  const name = h("th", { scope: "row" });
  const mark = h("span", { class: "mark", "aria-hidden": "true" });
  const state = h("span");
  const cells = {
    crab: h("td"),
    every: h("td"),
    lastRead: h("td"),
    failures: h("td"),
    reason: h("td", { class: "why" }),
  };
  const element = h(
    "tr",
    {},
    name,
    cells.crab,
    h("td", {}, mark, " ", state),
    cells.every,
    cells.lastRead,
    cells.failures,
    cells.reason,
  );
  return {
    element,
    update(row) {
      setAttr(element, "data-level", row.ok ? "OK" : "UNKNOWN");
      setText(name, row.name);
      setText(mark, MARKS[row.ok ? "OK" : "UNKNOWN"]);
      setText(state, row.state);
      setText(cells.crab, row.crab);
      setText(cells.every, row.every);
      setText(cells.lastRead, row.lastRead);
      setText(cells.failures, row.failures);
      setText(cells.reason, row.reason);
    },
  };
}

function settingsPart(ask: Ask): Part<AboutTab> {
  let settings: readonly SettingOrigin[] | null = null;
  let failure = "";
  let visible = false;
  /** Settings change with the worker's launch and with what is refused. */
  let asked = "";
  const note = h("span", { class: "note" });
  const search = h("input", { class: "input", type: "search", maxlength: "100" });
  search.addEventListener("input", () => draw());
  const body = h("tbody");
  const rows = new Children(body, settingPart);
  const table = h(
    "table",
    {},
    h("caption", { class: "unseen" }, t("Settings in force")),
    heads(t("Setting"), t("Value"), t("From"), t("Where")),
    body,
  );
  const area = scrolling(t("Settings as a table"), table);
  const empty = h("p", { class: "none" });

  async function load(): Promise<void> {
    try {
      settings = await ask({ ask: "settings" });
      failure = "";
    } catch (error) {
      if (error instanceof QuestionFailed && error.kind === "dropped") return;
      failure = messageOf(error);
    }
    draw();
  }

  function draw(): void {
    const found = settingRows(settings ?? [], search.value);
    const chosen = (settings ?? []).filter((one) => one.origin !== "default").length;
    setText(note, settings === null ? "" : t("{0} of {1} not the default", chosen, settings.length));
    rows.update(found);
    setShown(area, found.length > 0);
    setText(
      empty,
      failure !== ""
        ? failure
        : settings === null
          ? t("Loading the settings.")
          : t("No setting has “{0}” in it.", search.value),
    );
    setShown(empty, found.length === 0);
  }

  return {
    element: card(
      t("Settings"),
      { "data-part": "settings" },
      [note, field(t("Search"), search, "field field-inline")],
      area,
      empty,
    ),
    update(model) {
      const { snapshot } = model;
      const key = JSON.stringify([snapshot?.state?.self.pid, snapshot?.state?.problems, snapshot?.state?.rate.baseMs]);
      const due = model.visible && snapshot?.worker.status === "running" && snapshot.state !== null;
      if (due && (key !== asked || !visible)) {
        asked = key;
        void load();
      }
      visible = due;
    },
  };
}

function settingPart(): Part<SettingRow> {
  const key = h("th", { scope: "row" });
  const cells = { value: h("td"), origin: h("td"), where: h("td", { class: "why" }) };
  const element = h("tr", {}, key, cells.value, cells.origin, cells.where);
  return {
    element,
    update(row) {
      element.classList.toggle("is-chosen", row.chosen);
      setText(key, row.key);
      setText(cells.value, row.value);
      setText(cells.origin, row.origin);
      setText(cells.where, row.where);
    },
  };
}
