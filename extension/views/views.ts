/** The three views of the activity bar: drawn when the state changes and they are seen, with what explains an empty one. */
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";
import type { Alert, AlertRecord } from "../../protocol/alert.ts";
import { findSeries, getAlertHistory } from "../../protocol/messages/worker.ts";
import type { SeriesInfo } from "../../protocol/series.ts";
import type { WorkerState } from "../../protocol/state.ts";
import { CONTEXTS, VIEWS } from "../contributions.ts";
import type { Disposable } from "../signal.ts";
import type { Timers } from "../timers.ts";
import type { LatestState } from "../worker/latest.ts";
import type { Worker } from "../worker/worker.ts";
import { bellRows, ringing } from "./bell.ts";
import { processRows, sortWords, type ProcessSort } from "./processes.ts";
import { METRICS_OF, sensorElement, sensorRows } from "./sensors.ts";
import { Tree } from "./tree.ts";

/** Series of sensors that stand open are asked for no more often than this, milliseconds. */
const SERIES_MS = 5000;
/** More series of one sensor than are shown: some have no value now. */
const MOST_SERIES = 30;
const SORT_KEY = "gorgon.processSort";

/** What the views are made from. */
export interface ViewsParts {
  readonly vs: typeof vscode;
  readonly worker: Worker;
  readonly latest: LatestState;
  readonly timers: Timers;
  /** Where the order of the processes is kept. */
  readonly memory: vscode.Memento;
  readonly log: (message: string) => void;
}

/** Owns the three trees. */
export class Views implements Disposable {
  readonly #parts: ViewsParts;
  readonly #bell: Tree;
  readonly #sensors: Tree;
  readonly #processes: Tree;
  readonly #subscriptions: readonly { dispose(): unknown }[];
  readonly #contexts = new Map<string, string>();
  #series: ReadonlyMap<string, readonly SeriesInfo[]> = new Map();
  #seriesAt = -Infinity;
  #ringing = -1;

  constructor(parts: ViewsParts) {
    this.#parts = parts;
    const { vs, latest, timers } = parts;
    const record = (alert: Alert) => this.#record(alert);
    this.#bell = new Tree(vs, VIEWS.bell, () => {
      const state = this.#believed();
      return state === null ? [] : bellRows({ bell: state.bell, now: timers.now(), record });
    });
    this.#sensors = new Tree(vs, VIEWS.sensors, () => {
      const state = this.#believed();
      return state === null ? [] : sensorRows(state, this.#series);
    });
    this.#processes = new Tree(vs, VIEWS.processes, () => {
      const state = this.#believed();
      return state === null ? [] : processRows(state, this.sort);
    });
    this.#subscriptions = [
      this.#bell,
      this.#sensors,
      this.#processes,
      latest.onChange.on(() => this.#draw()),
      this.#sensors.view.onDidExpandElement(() => {
        this.#seriesAt = -Infinity;
        void this.#askSeries();
      }),
    ];
    this.#order();
    this.#draw();
  }

  /** What the processes are sorted by. */
  get sort(): ProcessSort {
    const kept = this.#parts.memory.get<unknown>(SORT_KEY);
    return kept === "memory" || kept === "io" ? kept : "cpu";
  }

  /** Sorts the processes anew, here and in windows to come. */
  async sortBy(sort: ProcessSort): Promise<void> {
    await this.#parts.memory.update(SORT_KEY, sort);
    this.#order();
    this.#processes.refresh();
  }

  dispose(): void {
    for (const one of this.#subscriptions) one.dispose();
  }

  /** Null while nothing is known of now: the views are empty, and say why. */
  #believed(): WorkerState | null {
    const { latest } = this.#parts;
    return latest.silentSince === null ? latest.now : null;
  }

  #draw(): void {
    const { worker, latest } = this.#parts;
    const { status } = worker.status;
    const known =
      status !== "running" ? status : latest.silentSince !== null ? "silent" : latest.now ? "running" : "starting";
    this.#set(CONTEXTS.worker, known);
    this.#set(CONTEXTS.level, this.#believed()?.bell.level ?? "");
    const off = latest.now?.sensors.some((one) => one.sensor === "process" && one.off === true) === true;
    this.#set(CONTEXTS.processes, off ? "off" : "on");
    this.#count();
    for (const tree of [this.#bell, this.#sensors, this.#processes]) tree.refresh();
    void this.#askSeries();
  }

  #count(): void {
    const state = this.#believed();
    const value = state === null ? 0 : ringing(state.bell);
    if (value === this.#ringing) return;
    this.#ringing = value;
    const tooltip = value === 1 ? t("1 alert is firing") : t("{0} alerts are firing", value);
    this.#bell.view.badge = value === 0 ? undefined : { value, tooltip };
  }

  #order(): void {
    this.#processes.view.description = sortWords(this.sort);
    this.#set(CONTEXTS.sort, this.sort);
  }

  #set(key: string, value: string): void {
    if (this.#contexts.get(key) === value) return;
    this.#contexts.set(key, value);
    void this.#parts.vs.commands.executeCommand("setContext", key, value);
  }

  /** The steps of an alert's life; null where they cannot be had: the rest is worth showing. */
  async #record(alert: Alert): Promise<AlertRecord | null> {
    const { worker, timers, log } = this.#parts;
    try {
      const asked = { from: alert.pendingSince, to: timers.now() + 1, rule: alert.rule, limit: 50 };
      const { records } = await worker.send(getAlertHistory, asked);
      return records.find((one) => one.alert.id === alert.id) ?? null;
    } catch (error) {
      log(`The steps of an alert were not read: ${String(error)}`);
      return null;
    }
  }

  /** Values of those sensors that stand open and of which the state has no numbers. */
  async #askSeries(): Promise<void> {
    const { worker, timers, log } = this.#parts;
    const state = this.#believed();
    const now = timers.now();
    if (state === null || !this.#sensors.view.visible || now - this.#seriesAt < SERIES_MS) return;
    const open = state.sensors.filter(
      (one) => METRICS_OF[one.sensor] !== undefined && this.#sensors.isOpen({ id: sensorElement(one), open: null }),
    );
    if (open.length === 0) return;
    this.#seriesAt = now;
    try {
      const found = await Promise.all(
        open.map(async ({ sensor }) => {
          const search = METRICS_OF[sensor] ?? "";
          const { series } = await worker.send(findSeries, { search, limit: MOST_SERIES });
          const known = series.filter((one) => one.metric.startsWith(search) && one.value !== null);
          return [sensor, known] as const;
        }),
      );
      this.#series = new Map(found);
      this.#sensors.refresh();
    } catch (error) {
      log(`The values of the sensors were not read: ${String(error)}`);
    }
  }
}
