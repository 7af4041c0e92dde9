/** Finds series by words: what is sensed now and what history has. */
import { seriesKey, type MetricInfo } from "../../protocol/reading.ts";
import type { SeriesInfo } from "../../protocol/series.ts";
import type { Clock } from "../host/host.ts";
import type { Hub } from "./hub.ts";
import type { SeriesInfo as StoredInfo } from "./store/store.ts";

/** What is stored is listed anew after this long: a list of 2,000 series takes many reads, and somebody is typing. */
const STORED_FRESH_MS = 10_000;
/** More words than these tell nothing apart. */
const MOST_WORDS = 12;
/** Of an attribute, this much is searched; its name is still shown in full. */
const SEARCHED = 2000;

/** A series with the texts that are searched, in lower case. */
interface Entry {
  readonly info: SeriesInfo;
  readonly key: string;
  readonly metric: string;
  readonly attributes: string;
  readonly description: string;
}

/** Every series that can be charted. Those which are not kept in history (one a process) are left out. */
export class SeriesCatalogue {
  readonly #hub: Pick<Hub, "list" | "latest" | "store">;
  readonly #clock: Clock;
  #stored: { readonly at: number; readonly of: Hub["store"]; readonly list: Promise<readonly StoredInfo[]> } | null =
    null;

  constructor(hub: Pick<Hub, "list" | "latest" | "store">, clock: Clock) {
    this.#hub = hub;
    this.#clock = clock;
  }

  /**
   * Series that have every word of the search in their metric, attributes (`key=value`) or description, best first: the
   * metric itself before a part of it, that before an attribute, that before the description; what is sensed now first.
   * No words: all. Never fails for any text.
   */
  async find(asked: {
    readonly search: string;
    readonly limit: number;
  }): Promise<{ readonly series: readonly SeriesInfo[]; readonly total: number }> {
    const words = asked.search.toLowerCase().split(/\s+/).filter(Boolean).slice(0, MOST_WORDS);
    const found: { readonly entry: Entry; readonly rank: number }[] = [];
    for (const entry of (await this.#all()).values()) {
      const rank = rankOf(entry, words);
      if (rank !== null) found.push({ entry, rank });
    }
    found.sort((a, b) => a.rank - b.rank || (a.entry.key < b.entry.key ? -1 : 1));
    return { series: found.slice(0, asked.limit).map(({ entry }) => entry.info), total: found.length };
  }

  async #all(): Promise<Map<string, Entry>> {
    const infos = new Map<string, MetricInfo>();
    for (const crab of this.#hub.list()) {
      for (const [metric, { info }] of crab.metrics) infos.set(metric, info);
    }
    const all = new Map<string, Entry>();
    for (const { metric, attributes, unit, kind } of await this.#storedSeries()) {
      const description = infos.get(metric)?.description ?? "";
      const entry = entryOf({ metric, attributes, unit, kind, description, value: null, time: null });
      all.set(entry.key, entry);
    }
    for (const [metric, { unit, kind, description, transient }] of infos) {
      if (transient === true) continue;
      for (const { reading, time } of this.#hub.latest(metric)) {
        const { attributes, value } = reading;
        const entry = entryOf({ metric, attributes, unit, kind, description, value, time });
        all.set(entry.key, entry);
      }
    }
    return all;
  }

  #storedSeries(): Promise<readonly StoredInfo[]> {
    const now = this.#clock.monotonic();
    const { store } = this.#hub;
    const known = this.#stored;
    if (known !== null && known.of === store && now - known.at < STORED_FRESH_MS) return known.list;
    const list = store.series();
    this.#stored = { at: now, of: store, list };
    // A list that failed is asked for again by the next search.
    list.catch(() => (this.#stored = null));
    return list;
  }
}

function entryOf(info: SeriesInfo): Entry {
  const attributes = Object.entries(info.attributes).map(([key, value]) => `${key}=${value}`.slice(0, SEARCHED));
  return {
    info,
    key: seriesKey(info.metric, info.attributes),
    metric: info.metric.toLowerCase(),
    attributes: attributes.join("\n").toLowerCase(),
    description: info.description.toLowerCase(),
  };
}

/** Lower is better; null when a word is nowhere. */
function rankOf(entry: Entry, words: readonly string[]): number | null {
  // Half a step: among equals what is sensed now comes first, and never before a better word.
  let rank = entry.info.value === null ? 0.5 : 0;
  for (const word of words) {
    const at = entry.metric.indexOf(word);
    if (entry.metric === word) rank += 0;
    else if (at === 0) rank += 1;
    else if (at > 0) rank += /[._]/.test(entry.metric[at - 1] ?? "") ? 2 : 3;
    else if (entry.attributes.includes(word)) rank += 4;
    else if (entry.description.includes(word)) rank += 6;
    else return null;
  }
  return rank;
}
