/** What the language knows of metrics: those built in, those that somebody here reads, and their values now. */
import type { Attributes, MetricInfo } from "../../../protocol/reading.ts";
import type { KnownMetrics } from "../../config/rule.ts";
import { builtInMetrics } from "../../crabs/catalog.ts";
import type { Hub, Latest } from "../../octopus/hub.ts";

/** Series looked at for names and values; a machine may have thousands. */
const MAX_SERIES = 2000;

/** The part of the hub that is asked. */
export type LiveHub = Pick<Hub, "list" | "latest">;

/** Metrics by name, and their series now. */
export class LiveMetrics implements KnownMetrics {
  readonly #hub: () => LiveHub | null;
  readonly #builtIn = builtInMetrics();

  /** `hub` gives null while there is none yet. */
  constructor(hub: () => LiveHub | null) {
    this.#hub = hub;
  }

  /** By name. What runs now knows best what it gives. */
  all(): ReadonlyMap<string, MetricInfo> {
    const found = new Map(this.#builtIn);
    for (const crab of this.#hub()?.list() ?? []) for (const [name, { info }] of crab.metrics) found.set(name, info);
    return found;
  }

  get names(): readonly string[] {
    return [...this.all().keys()];
  }

  /** The newest value of each series that has these attributes. */
  latest(metric: string, match: Attributes = {}): readonly Latest[] {
    return this.#hub()?.latest(metric, match).slice(0, MAX_SERIES) ?? [];
  }

  attributes(metric: string): readonly string[] {
    return [...new Set(this.latest(metric).flatMap(({ reading }) => Object.keys(reading.attributes)))];
  }

  /** The values that an attribute has on the metric's series now. */
  values(metric: string, attribute: string): readonly string[] {
    const found = this.latest(metric).map(({ reading }) => reading.attributes[attribute]);
    return [...new Set(found.filter((one) => one !== undefined))];
  }
}
