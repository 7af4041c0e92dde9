/** The validated configuration of the stack: what is in force, and where each value came from. */
import type { Rule } from "../../protocol/bell.ts";
import type { ConfigProblem } from "../../protocol/state.ts";
import type { Watch } from "./watch.ts";
import type { SqlQuery } from "./sql.ts";

/** In the unit of the metric: ratios 0..1. */
export interface Thresholds {
  readonly warn: number;
  readonly crit: number;
  /** How long one must be crossed before it counts, milliseconds; absent: it counts at once. */
  readonly forMs?: number;
}

/** Everything that the stack can be told. */
export interface StackConfig {
  /** Milliseconds between two polls of the guardian. */
  readonly intervalMs: number;
  readonly bell: { readonly cpu: Thresholds; readonly memory: Thresholds; readonly disk: Thresholds };
  /** Further rules, from the user's file and from trusted workspaces. */
  readonly rules: readonly Rule[];
  /** Paths and processes to watch, from the user's file and from trusted workspaces. */
  readonly watches: readonly Watch[];
  /** Queries whose latency is measured, from the user's file alone. */
  readonly sql: readonly SqlQuery[];
  /** `adaptive`: poll less often while nobody looks, or on battery. */
  readonly rate: { readonly adaptive: boolean };
  readonly history: { readonly enabled: boolean; readonly retentionMs: number };
}

/** From strongest to weakest. */
export type Origin = "flag" | "environment" | "setting" | "workspace file" | "user file" | "default";

/** One value in force, for `gorgon doctor`. */
export interface Provenance {
  readonly key: string;
  /** As a person would write it, e.g. `70 %`. */
  readonly value: string;
  readonly origin: Origin;
  /** The file, variable or setting; empty for defaults. */
  readonly where: string;
}

/** The outcome of reading every layer. `config` is always usable: refused values fall back to the last good ones. */
export interface LoadedConfig {
  readonly config: StackConfig;
  readonly provenance: readonly Provenance[];
  readonly problems: readonly ConfigProblem[];
}
