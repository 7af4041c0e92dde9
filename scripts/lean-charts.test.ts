/** The bundler leaves out the scales of chart.js that nothing imports, and keeps the one that is. */
import { build } from "esbuild";
import { expect, it } from "vitest";
import { leanCharts, withPureDefaults } from "./lean-charts.ts";

async function bundled(plugins: (typeof leanCharts)[]): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: `export { Chart, LinearScale } from "chart.js";`, resolveDir: import.meta.dirname },
    bundle: true,
    format: "esm",
    write: false,
    logLevel: "error",
    plugins,
  });
  return outputFiles[0]?.text ?? "";
}

/** A class under its name, however the bundler writes it. */
function classOf(name: string): RegExp {
  return new RegExp(`\\b(class ${name}|${name} = class)\\b`);
}

it("leaves out what is not imported, and nothing else", async () => {
  const [plain, lean] = await Promise.all([bundled([]), bundled([leanCharts])]);
  for (const scale of ["LogarithmicScale", "RadialLinearScale", "TimeScale", "TimeSeriesScale"]) {
    expect(plain).toMatch(classOf(scale));
    expect(lean).not.toMatch(classOf(scale));
  }
  expect(lean).toMatch(classOf("LinearScale"));
  expect(lean).toMatch(classOf("Chart"));
});

it("marks only what the statics of a class read", () => {
  const other = "const callback = Ticks.formatters.numeric.apply(this);\n  static defaults = {};\n";
  expect(withPureDefaults(other)).toBe(other);
});
