/** Runs one bench (`bench sensors --json`) or, without a name, all of them, and then writes docs/footprint.md. */
import { spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import * as prettier from "prettier";
import type { Bench, BenchOptions } from "../bench/bench.ts";

const root = path.dirname(import.meta.dirname);
const folder = path.join(root, "bench");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false }, samples: { type: "string" } },
});

/** With `--json` standard output is kept for the one line. */
const say = (line: string) => (values.json ? console.error(line) : console.log(line));
const options: BenchOptions = { say, ...sampleCount(values.samples) };

const modules = await benches();
const [name] = positionals;
if (name === undefined) await runAll();
else await runOne(name);

async function runOne(wanted: string): Promise<void> {
  const bench = modules.get(wanted);
  if (bench === undefined) fail(`There is no bench '${wanted}'. There is: ${[...modules.keys()].join(", ")}.`);
  const result = await bench.run(options);
  if (!values.json) console.log(bench.describe(result));
  console.log(JSON.stringify(result));
}

async function runAll(): Promise<void> {
  const parts = [header()];
  for (const [wanted, bench] of modules) {
    say(`${wanted}:`);
    const result = await bench.run(options);
    parts.push(`## ${bench.title}`, bench.describe(result));
    console.log(JSON.stringify({ bench: wanted, ...result }));
  }
  const file = path.join(root, "docs", "footprint.md");
  const style = await prettier.resolveConfig(file);
  writeFileSync(file, await prettier.format(parts.join("\n\n"), { ...style, parser: "markdown" }));
  say("docs/footprint.md is written.");
}

/** Every module of bench/ that has a `run`. */
async function benches(): Promise<Map<string, Bench>> {
  const found = new Map<string, Bench>();
  for (const file of readdirSync(folder).sort()) {
    // Their measured processes stand beside them and start work when imported.
    if (!file.endsWith(".ts") || file.endsWith("-child.ts") || file.endsWith(".test.ts")) continue;
    const module = (await import(pathToFileURL(path.join(folder, file)).href)) as Partial<Bench>;
    if (module.run !== undefined) found.set(path.basename(file, ".ts"), module as Bench);
  }
  return found;
}

function header(): string {
  const commit = spawnSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).stdout.trim();
  const dirty = spawnSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" }).stdout.trim() !== "";
  const cpus = os.cpus();
  return [
    "# What Gorgon costs",
    "",
    "Written by `npm run bench`. Ratios compare processes side by side in one run, on this machine:",
    "",
    `- date: ${new Date().toISOString().slice(0, 10)}`,
    `- commit: ${commit}${dirty ? ", with changes not committed" : ""}`,
    `- CPU: ${cpus[0]?.model.trim() ?? "unknown"}, ${cpus.length} cores`,
    `- memory: ${(os.totalmem() / 2 ** 30).toFixed(1)} GiB`,
    `- system: ${os.type()} ${os.release()} ${os.arch()}`,
    `- Node: ${process.versions.node}`,
  ].join("\n");
}

function sampleCount(text: string | undefined): { samples?: number } {
  if (text === undefined) return {};
  const samples = Number(text);
  if (!Number.isInteger(samples) || samples < 1) fail(`--samples takes a whole number from 1; this is '${text}'.`);
  return { samples };
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
