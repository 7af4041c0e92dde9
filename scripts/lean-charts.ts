/** Lets the bundler leave out the scales of chart.js that nothing imports. */
import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

/**
 * Reads of a property in a class' static defaults, which a bundler has to take for calls of a getter, so that it keeps the
 * class: `callback: Ticks.formatters.logarithmic` and `static defaults = TimeScale.defaults`.
 */
const READS: readonly RegExp[] = [
  /(?<=^\s+callback: )Ticks\.formatters\.\w+(?=,?$)/gm,
  /(?<=^\s+static defaults = )\w+\.defaults(?=;$)/gm,
];

/**
 * The same source with these reads marked as free of side effects: each becomes a call, marked as pure, that gives the same
 * value, so nothing that is kept behaves otherwise. Where a release of chart.js is written otherwise nothing is marked and
 * the bundle is merely larger, which its budget tells.
 */
export function withPureDefaults(source: string): string {
  return READS.reduce((text, read) => text.replace(read, "/* @__PURE__ */ (() => $&)()"), source);
}

/** For a bundle with charts. */
export const leanCharts: Plugin = {
  name: "lean-charts",
  setup(build) {
    build.onLoad({ filter: /chart\.js[\\/]dist[\\/]chart\.js$/ }, async ({ path }) => ({
      contents: withPureDefaults(await readFile(path, "utf8")),
      loader: "js",
    }));
  },
};
