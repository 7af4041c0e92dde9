import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { nodeHost } from "../host/node.ts";
import { hostSensors } from "../rhopalia/index.ts";
import { loadConfig } from "../config/load.ts";

const DEMO = path.join(import.meta.dirname, "..", "..", "demo");
const home = mkdtempSync(path.join(os.tmpdir(), "gorgon-demo-"));

afterAll(() => rmSync(home, { recursive: true, force: true }));

describe("the demo workspace", () => {
  test("has rules that are taken without a word, on metrics that a sensor gives", async () => {
    const host = { ...nodeHost(), env: { HOME: home } };
    const { config, problems } = await loadConfig({
      host,
      workspaceFolders: [{ name: "demo", path: DEMO }],
      defaultIntervalMs: 2000,
      previous: null,
    });
    expect(problems).toEqual([]);
    expect(config.rules.map((rule) => [rule.id, rule.warn, rule.origin])).toEqual([
      ["swap", 2 * 2 ** 30, "workspace demo"],
      ["disk-writes", 200 * 2 ** 20, "workspace demo"],
    ]);
    const sensors = hostSensors(host);
    const given = sensors.flatMap((sensor) => sensor.metrics.map((metric) => metric.name));
    for (const sensor of sensors) sensor.dispose();
    for (const rule of config.rules) expect(given).toContain(rule.metric);
  });

  test.each(["burn.ipynb", "cells.ipynb"])("has a notebook %s whose cells have ids and no output yet", (file) => {
    const notebook = JSON.parse(readFileSync(path.join(DEMO, file), "utf8")) as {
      nbformat: number;
      nbformat_minor: number;
      cells: { id: string; cell_type: string; source: string[]; outputs?: unknown[] }[];
    };
    expect([notebook.nbformat, notebook.nbformat_minor]).toEqual([4, 5]);
    expect(new Set(notebook.cells.map((cell) => cell.id)).size).toBe(notebook.cells.length);
    for (const cell of notebook.cells) expect(cell.outputs ?? []).toEqual([]);
  });
});
