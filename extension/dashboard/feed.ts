/** Feeds one dashboard: complete snapshots, at most four a second, none while it is hidden, only ever the newest. */
import { t } from "@vscode/l10n";
import { formatDuration } from "../../protocol/format.ts";
import type { Annotation, HistoryQuery, SeriesFrame } from "../../protocol/history.ts";
import type { DashboardHistory, DashboardSnapshot, RangeMinutes } from "../../protocol/messages/webview.ts";
import { getAnnotations, getHistory } from "../../protocol/messages/worker.ts";
import type { Mutes } from "../bell/mutes.ts";
import type { Disposable } from "../signal.ts";
import type { Timers } from "../timers.ts";
import type { LatestState } from "../worker/latest.ts";
import type { Worker } from "../worker/worker.ts";
import type { Pins } from "./pins.ts";
import { historyOf, pinQueriesOf, pinnedOf, planOf, queriesOf } from "./queries.ts";

/** The least time between two messages, milliseconds. */
const SPACING_MS = 250;
/** What is taken for the interval before the first state says, milliseconds. */
const USUAL_INTERVAL_MS = 2000;

/** The page as the feed sees it. */
export interface Page {
  readonly visible: () => boolean;
  readonly post: (snapshot: DashboardSnapshot) => Promise<unknown>;
}

/** What the page is told about. */
export interface FeedSources {
  readonly worker: Worker;
  readonly latest: LatestState;
  readonly mutes: Mutes;
  readonly pins: Pins;
  /** Whether this window may acknowledge, silence and change rules. */
  readonly mayAct: () => boolean;
  readonly timers: Timers;
  readonly log: (message: string) => void;
}

/** Lives as long as its page. */
export class DashboardFeed implements Disposable {
  readonly #page: Page;
  readonly #sources: FeedSources;
  readonly #subscriptions: Disposable[];
  /** Null until the page woke. */
  #range: RangeMinutes | null = null;
  #history: DashboardHistory | null = null;
  #pinned: Readonly<Record<string, readonly SeriesFrame[]>> = {};
  #historyAt = -Infinity;
  #historyNode = "";
  #dirty = false;
  #busy = false;
  #lastPost = -Infinity;
  #disposed = false;
  #cancel: () => void = () => undefined;

  constructor(page: Page, sources: FeedSources) {
    this.#page = page;
    this.#sources = sources;
    this.#subscriptions = [
      sources.latest.onChange.on(() => this.#want()),
      sources.worker.onStatus.on(() => this.#want()),
      sources.mutes.onChange.on(() => this.#want()),
      sources.pins.onChange.on(() => {
        this.#historyAt = -Infinity;
        this.#want();
      }),
    ];
  }

  /** The page woke, or wants another range: it gets a snapshot with fresh history. */
  wake(range: RangeMinutes): void {
    if (range !== this.#range) this.#history = null;
    this.#range = range;
    this.#historyAt = -Infinity;
    this.#want();
  }

  /** Something else that a snapshot holds has changed. */
  refresh(): void {
    this.#want();
  }

  dispose(): void {
    this.#disposed = true;
    this.#cancel();
    for (const one of this.#subscriptions) one.dispose();
  }

  #want(): void {
    this.#dirty = true;
    if (this.#busy) return;
    this.#busy = true;
    void this.#pump().finally(() => (this.#busy = false));
  }

  async #pump(): Promise<void> {
    while (this.#dirty && this.#range !== null && this.#awake()) {
      const early = this.#lastPost + SPACING_MS - this.#sources.timers.now();
      if (early > 0) {
        await new Promise<void>((resolve) => (this.#cancel = this.#sources.timers.after(early, resolve)));
        continue;
      }
      this.#dirty = false;
      const range = this.#range;
      await this.#refresh(range);
      // Hidden or asked for something else meanwhile: this answer is nobody's any more.
      if (!this.#awake()) return;
      if (range !== this.#range) continue;
      this.#lastPost = this.#sources.timers.now();
      await this.#page.post(this.#snapshot(range)).catch((error: unknown) => {
        this.#sources.log(`The dashboard did not take a snapshot: ${String(error)}`);
      });
    }
  }

  #awake(): boolean {
    return !this.#disposed && this.#page.visible();
  }

  async #refresh(range: RangeMinutes): Promise<void> {
    const { worker, latest, timers } = this.#sources;
    if (worker.status.status !== "running") return;
    const now = latest.last?.time ?? timers.now();
    const intervalMs = latest.last?.intervalMs ?? USUAL_INTERVAL_MS;
    const node = latest.last?.node ?? "";
    const plan = planOf(range, intervalMs);
    const age = timers.now() - this.#historyAt;
    if (this.#history !== null && this.#historyNode === node && age < plan.refreshMs) return;
    const queries = queriesOf(plan, now);
    const pins = this.#sources.pins.list();
    const asked = [...queries, ...pinQueriesOf(pins, queries, intervalMs)];
    try {
      const [{ frames }, annotations] = await Promise.all([
        worker.send(getHistory, { queries: asked }),
        this.#annotations(queries),
      ]);
      if (range !== this.#range) return;
      this.#history = { ...historyOf(queries, frames, intervalMs), annotations };
      this.#pinned = pinnedOf(pins, frames.slice(queries.length));
      this.#historyAt = timers.now();
      this.#historyNode = node;
    } catch (error) {
      this.#sources.log(`History of ${range} min was not read: ${String(error)}`);
    }
  }

  /** What happened in the time of the questions; none when that cannot be had: the charts are worth more. */
  async #annotations([query]: readonly HistoryQuery[]): Promise<readonly Annotation[]> {
    if (query === undefined) return [];
    const { worker, log } = this.#sources;
    try {
      const { from, to } = query;
      return (await worker.send(getAnnotations, { from, to })).annotations;
    } catch (error) {
      log(`Annotations were not read: ${String(error)}`);
      return [];
    }
  }

  #snapshot(range: RangeMinutes): DashboardSnapshot {
    const { worker, latest, mutes, pins, mayAct, timers } = this.#sources;
    const { status, reason } = worker.status;
    const hello = worker.status.status === "running" ? worker.status.hello : null;
    // Until a new worker has spoken, the numbers are those of the one before it.
    const speaks = status !== "running" || latest.now !== null;
    const silence = latest.silentSince === null ? "" : formatDuration(timers.now() - latest.silentSince);
    return {
      type: "snapshot",
      sentAt: timers.now(),
      range,
      state: latest.last,
      history: this.#history,
      worker: {
        status: speaks ? status : "starting",
        reason: silence === "" ? reason : t("The worker has not answered for {0}.", silence),
      },
      muted: mutes.list(),
      pins: pins.list(),
      pinned: this.#pinned,
      mayAct: mayAct(),
      ...(hello === null ? {} : { versions: { worker: hello.version, node: hello.node, protocol: hello.protocol } }),
    };
  }
}
