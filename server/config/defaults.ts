/** The configuration while nobody says anything. */
import type { LoadedConfig } from "./config.ts";
import { configFrom, keysOf } from "./keys.ts";

/** Milliseconds between two polls outside VS Code. */
export const HEADLESS_INTERVAL_MS = 5000;

/** Every default. `intervalMs`: 2,000 in VS Code, 5,000 elsewhere. */
export function defaultConfig(intervalMs = HEADLESS_INTERVAL_MS): LoadedConfig {
  const keys = keysOf(intervalMs);
  const fallbacks = new Map(keys.map((one) => [one.key, one.fallback]));
  return {
    config: configFrom((key) => fallbacks.get(key) ?? 0, []),
    provenance: keys.map((one) => ({ key: one.key, value: one.format(one.fallback), origin: "default", where: "" })),
    problems: [],
  };
}
