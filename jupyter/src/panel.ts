/** The panel behind the bell: the level in words, levels with their trend, alerts, kernels against their limits, deaths, and what does not work. */
import { Widget } from "@lumino/widgets";
import { t } from "@vscode/l10n";
import { elapsed, share } from "../../protocol/cell-words.ts";
import { formatBytes, formatValue } from "../../protocol/format.ts";
import type { GuardAnswer } from "../../protocol/kernel.ts";
import type { HostAlert, HostLevel, JupyterDeath, JupyterKernel } from "../../protocol/messages/jupyter.ts";
import { moment } from "../../protocol/moment.ts";
import { plain } from "../../protocol/plain.ts";
import { Children, h, setAttr, setShown, setText, type Part } from "../../webview/dom.ts";
import { bellWords, kernelName, kernelSize } from "./bell.ts";
import type { Connection } from "./connection.ts";
import { button, LEVEL_GLYPHS, MARK_GLYPHS } from "./dom.ts";
import { sparkElement } from "./spark.ts";

/** The alerts below say all of it. */
const MOST_HEADLINE = 160;

/** What the user can do there. */
export interface PanelActions {
  answer(kernelId: string, answer: GuardAnswer): void;
  /** Tells all that is known of a death. */
  why(death: JupyterDeath): void;
  /** Shows the notebook of a kernel. */
  open(path: string): void;
}

/** A list under a title; hidden while it is empty. */
class Section<T extends { readonly id: string }> {
  readonly element: HTMLElement;
  readonly #rows: Children<T>;

  constructor(title: string, make: (item: T) => Part<T>) {
    const list = h("ul", { class: "jp-Gorgon-list" });
    this.element = h("section", { "aria-label": title }, h("h3", {}, title), list);
    this.#rows = new Children(list, make);
  }

  update(items: readonly T[]): void {
    setShown(this.element, items.length > 0);
    this.#rows.update(items);
  }
}

function setLevel(element: HTMLElement, level: HostLevel["level"]): void {
  setAttr(element, "class", `jp-Gorgon-level jp-Gorgon-${level}`);
  setText(element, `${LEVEL_GLYPHS[level]} ${level}`);
}

function levelRow(now: () => number): (first: HostLevel) => Part<HostLevel> {
  return () => {
    const [title, value] = [h("span", { class: "jp-Gorgon-name" }), h("span", { class: "jp-Gorgon-value" })];
    const [badge, detail] = [h("span"), h("div", { class: "jp-Gorgon-muted" })];
    const trend = h("div", { class: "jp-Gorgon-trend" });
    let drawn = "";
    return {
      element: h("li", { class: "jp-Gorgon-levelRow" }, title, value, badge, trend, detail),
      update(level) {
        setText(title, plain(level.title, 60));
        setText(value, formatValue(level.value, level.unit));
        setLevel(badge, level.level);
        setText(detail, plain(level.detail, 200));
        setShown(detail, level.detail !== "");
        const key = `${String(level.points.length)} ${String(level.points.at(-1)?.[0])}`;
        if (key === drawn) return;
        drawn = key;
        trend.replaceChildren(sparkElement(level, now()));
      },
    };
  };
}

function alertRow(now: () => number): (first: HostAlert) => Part<HostAlert> {
  return () => {
    const [badge, title] = [h("span"), h("span", { class: "jp-Gorgon-name" })];
    const [message, when] = [h("div"), h("div", { class: "jp-Gorgon-muted" })];
    return {
      element: h("li", {}, badge, " ", title, message, when),
      update(alert) {
        setLevel(badge, alert.level);
        setText(title, plain(alert.title, 80));
        setText(message, plain(alert.message, 300));
        setText(
          when,
          alert.endedAt === null
            ? t("for {0}", elapsed(now() - alert.since))
            : t("over since {0}", elapsed(now() - alert.endedAt)),
        );
        setAttr(when, "title", moment(alert.since));
      },
    };
  };
}

/** How a kernel stands, in one line. */
export function kernelLine(kernel: JupyterKernel): string {
  const { usage, limit, local, measured } = kernel;
  if (usage === null) return local ? t("no look at it yet") : t("runs on another machine: only its own word is known");
  const size = kernelSize(kernel);
  const used = Math.max(usage.treeBytes ?? 0, usage.rssBytes);
  const memory =
    limit === null || limit.bytes <= 0
      ? formatBytes(used)
      : t("{0}, {1} of its limit ({2})", size, share(used / limit.bytes), plain(limit.source, 60));
  return measured ? t("{0} · measured inside", memory) : t("{0} · seen from outside", memory);
}

function kernelRow(now: () => number, actions: PanelActions): (first: JupyterKernel) => Part<JupyterKernel> {
  return (first) => {
    let kernel = first;
    const badge = h("span");
    const name = h("button", { type: "button", class: "jp-Gorgon-link" });
    name.addEventListener("click", () => actions.open(kernel.path));
    const [line, running] = [h("div"), h("div", { class: "jp-Gorgon-muted" })];
    const reason = h("div", { class: "jp-Gorgon-CRIT" });
    const meter = h("meter", { class: "jp-Gorgon-meter", min: "0", max: "1", "aria-hidden": "true" });
    const answer = (one: GuardAnswer) => () => actions.answer(kernel.id, one);
    const answers = h(
      "div",
      { class: "jp-Gorgon-answers" },
      button(`${MARK_GLYPHS.go} ${t("Continue")}`, answer("continue")),
      button(`${MARK_GLYPHS.stop} ${t("Interrupt")}`, answer("interrupt")),
      button(`${MARK_GLYPHS.end} ${t("End Kernel")}`, answer("end"), "jp-Gorgon-danger"),
    );
    return {
      element: h("li", {}, badge, " ", name, line, meter, running, reason, answers),
      update(next) {
        kernel = next;
        const { usage, limit, guard } = next;
        setLevel(badge, next.level);
        setText(name, kernelName(next));
        setAttr(name, "title", plain(next.path, 300));
        setText(line, kernelLine(next));
        const known = usage !== null && limit !== null && limit.bytes > 0;
        setShown(meter, known);
        if (known) meter.value = Math.min(1, Math.max(usage.treeBytes ?? 0, usage.rssBytes) / limit.bytes);
        setAttr(meter, "data-level", next.level);
        setText(running, next.running === null ? "" : runs(next, now()));
        setShown(running, next.running !== null);
        const frozen = guard?.phase === "frozen";
        setText(reason, frozen ? `${MARK_GLYPHS.frozen} ${plain(guard.reason, 300)}` : "");
        setShown(reason, frozen);
        setShown(answers, frozen);
      },
    };
  };
}

function runs({ running }: JupyterKernel, now: number): string {
  if (running === null) return "";
  const { executionCount, label } = running.cell;
  const time = elapsed(now - running.startedAt);
  const name = label !== "" ? plain(label, 60) : executionCount === null ? "" : `[${String(executionCount)}]`;
  return name === "" ? t("a cell runs: {0}", time) : t("{0} runs: {1}", name, time);
}

function deathRow(actions: PanelActions): (first: JupyterDeath) => Part<JupyterDeath> {
  return (first) => {
    let death = first;
    const [sentence, when] = [h("span"), h("div", { class: "jp-Gorgon-muted" })];
    const shape = h("span", { class: "jp-Gorgon-CRIT", "aria-hidden": "true" }, LEVEL_GLYPHS.CRIT);
    return {
      element: h(
        "li",
        {},
        shape,
        " ",
        sentence,
        when,
        button(t("Why?"), () => actions.why(death)),
      ),
      update(next) {
        death = next;
        setText(sentence, plain(next.sentence, 300));
        setText(when, [plain(next.path, 120), moment(next.time)].filter((one) => one !== "").join(" · "));
      },
    };
  };
}

/** The panel. It draws only while it is seen. */
export class BellPanel extends Widget {
  readonly #connection: Connection;
  readonly #headline = h("h2", { class: "jp-Gorgon-headline" });
  readonly #source = h("p", { class: "jp-Gorgon-muted" });
  readonly #levels: Section<HostLevel>;
  readonly #alerts: Section<HostAlert>;
  readonly #kernels: Section<JupyterKernel>;
  readonly #deaths: Section<JupyterDeath>;
  readonly #notes: Section<{ readonly id: string }>;

  constructor(connection: Connection, actions: PanelActions) {
    super();
    this.#connection = connection;
    this.id = "gorgon-panel";
    this.addClass("jp-Gorgon");
    this.addClass("jp-Gorgon-panel");
    this.title.caption = "Gorgon";
    const now = (): number => connection.state?.time ?? Date.now();
    this.#levels = new Section(t("Levels"), levelRow(now));
    this.#alerts = new Section(t("Alerts"), alertRow(now));
    this.#kernels = new Section(t("Kernels"), kernelRow(now, actions));
    this.#deaths = new Section(t("Kernels that died"), deathRow(actions));
    this.#notes = new Section(t("What does not work here"), (note) => ({
      element: h("li", {}, plain(note.id, 500)),
      update: () => undefined,
    }));
    const sections = [this.#alerts, this.#deaths, this.#levels, this.#kernels, this.#notes];
    this.node.append(this.#headline, this.#source, ...sections.map(({ element }) => element));
    connection.changed.connect(this.#draw, this);
    this.#draw();
  }

  override dispose(): void {
    this.#connection.changed.disconnect(this.#draw, this);
    super.dispose();
  }

  protected override onAfterShow(): void {
    this.#draw();
  }

  protected override onAfterAttach(): void {
    this.#draw();
  }

  #draw(): void {
    if (this.isAttached && !this.isVisible) return;
    const { state, status } = this.#connection;
    const { level, title } = bellWords(state, status);
    const host = state?.host ?? null;
    setText(this.#headline, `${LEVEL_GLYPHS[level]} ${plain(title, MOST_HEADLINE)}`);
    setAttr(this.#headline, "class", `jp-Gorgon-headline jp-Gorgon-${level}`);
    setText(this.#source, host === null ? "" : sourceWords(host.by, host.node));
    setShown(this.#source, host !== null);
    this.#levels.update(host?.levels ?? []);
    this.#alerts.update(host?.alerts ?? []);
    this.#kernels.update(state?.kernels ?? []);
    // What was asked for is no news.
    this.#deaths.update((state?.deaths ?? []).filter(({ cause }) => cause !== "ended"));
    this.#notes.update([...new Set(state?.notes ?? [])].map((id) => ({ id })));
  }
}

function sourceWords(by: "worker" | "server", node: string): string {
  const name = plain(node, 60);
  return by === "worker"
    ? t("Measured on {0} by Gorgon's worker", name)
    : t("Measured on {0} by the Jupyter server itself", name);
}
