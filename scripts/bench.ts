/**
 * Runs one bench (`bench sensors --json`) or, without a name, all of them. What came of all, or of one with `--keep`, is
 * kept in bench/results/, and docs/footprint.md is written from what is kept there, each with its date and commit.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import * as prettier from "prettier";
import type { Bench, BenchOptions, BenchResult } from "../bench/bench.ts";

const root = path.dirname(import.meta.dirname);
const folder = path.join(root, "bench");
const results = path.join(folder, "results");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
    samples: { type: "string" },
    minutes: { type: "string" },
  },
});

/** With `--json` standard output is kept for the one line. */
const say = (line: string) => (values.json ? console.error(line) : console.log(line));
const options: BenchOptions = { say, ...sampleCount(values.samples), ...duration(values.minutes) };

const modules = await benches();
const [name] = positionals;
if (name === undefined) await runAll();
else await runOne(name);

async function runOne(wanted: string): Promise<void> {
  const bench = modules.get(wanted);
  if (bench === undefined) fail(`There is no bench '${wanted}'. There is: ${[...modules.keys()].join(", ")}.`);
  const result = await bench.run(options);
  if (values.keep) {
    await keep(wanted, result);
    await writeFootprint();
  }
  if (!values.json) console.log(bench.describe(result));
  console.log(JSON.stringify(result));
}

async function runAll(): Promise<void> {
  for (const [wanted, bench] of modules) {
    say(`${wanted}:`);
    const result = await bench.run(options);
    await keep(wanted, result);
    console.log(JSON.stringify({ bench: wanted, ...result }));
  }
  await writeFootprint();
  say("docs/footprint.md is written.");
}

/** What is kept of one bench. */
interface Kept {
  readonly bench: string;
  /** Minutes, where another length than the bench's own was asked for. */
  readonly minutes: number | null;
  readonly date: string;
  readonly commit: string;
  readonly machine: readonly string[];
  readonly result: BenchResult;
}

/** A run of another length stands beside the usual one. */
async function keep(bench: string, result: BenchResult): Promise<void> {
  const minutes = options.minutes ?? null;
  const kept: Kept = { bench, minutes, date: today(), commit: commit(), machine: machine(), result };
  mkdirSync(results, { recursive: true });
  const name = minutes === null ? bench : `${bench}-${String(minutes)}min`;
  const text = await prettier.format(JSON.stringify(kept), { parser: "json", printWidth: 120 });
  writeFileSync(path.join(results, `${name}.json`), text);
}

async function writeFootprint(): Promise<void> {
  const parts = ["# What Gorgon costs", "", "Written by `npm run bench` from the results in `bench/results/`.", ""];
  parts.push("Ratios compare processes side by side in one run.");
  const sections: string[] = [];
  for (const file of readdirSync(results).sort()) {
    const kept = JSON.parse(readFileSync(path.join(results, file), "utf8")) as Kept;
    const bench = modules.get(kept.bench);
    if (bench === undefined) continue;
    const title = kept.minutes === null ? bench.title : `${bench.title}, ${String(kept.minutes)} minutes`;
    const where = `Measured on ${kept.date} at commit ${kept.commit}: ${kept.machine.join(", ")}.`;
    sections.push(`## ${title}`, where, bench.describe(kept.result));
    if (kept.minutes === null && bench.excerpt !== undefined) {
      await writeExcerpt(bench.excerpt.file, kept.bench, `${bench.excerpt.of(kept.result)}\n\n${where}`);
    }
  }
  const file = path.join(root, "docs", "footprint.md");
  const style = await prettier.resolveConfig(file);
  const text = [parts.join("\n"), ...sections].join("\n\n");
  writeFileSync(file, await prettier.format(text, { ...style, parser: "markdown" }));
}

/** Puts a text into its place in a document of docs/. Throws where the document has no such place. */
async function writeExcerpt(name: string, bench: string, text: string): Promise<void> {
  const file = path.join(root, "docs", name);
  const before = readFileSync(file, "utf8");
  const begin = `<!-- bench ${bench} -->`;
  const from = before.indexOf(begin) + begin.length;
  const to = before.indexOf("<!-- /bench -->", from);
  if (from < begin.length || to < 0) throw new Error(`${name} has no place for the bench ${bench}: ${begin}`);
  const style = await prettier.resolveConfig(file);
  const after = `${before.slice(0, from)}\n\n${text}\n\n${before.slice(to)}`;
  writeFileSync(file, await prettier.format(after, { ...style, parser: "markdown" }));
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

function today(): string {
  return new Date().toISOString().slice(0, 10);
}

function commit(): string {
  const git = (args: readonly string[]) => spawnSync("git", args, { cwd: root, encoding: "utf8" }).stdout.trim();
  // The results of a run before this one are no change of what is measured.
  const dirty = git(["status", "--porcelain", "--", ".", ":!bench/results", ":!docs"]) !== "";
  return `${git(["rev-parse", "--short", "HEAD"])}${dirty ? ", with changes not committed" : ""}`;
}

function machine(): string[] {
  const cpus = os.cpus();
  return [
    `${cpus[0]?.model.trim() ?? "unknown"}, ${String(cpus.length)} cores`,
    `${(os.totalmem() / 2 ** 30).toFixed(1)} GiB`,
    `${os.type()} ${os.release()} ${os.arch()}`,
    `Node ${process.versions.node}`,
  ];
}

function sampleCount(text: string | undefined): { samples?: number } {
  if (text === undefined) return {};
  const samples = Number(text);
  if (!Number.isInteger(samples) || samples < 1) fail(`--samples takes a whole number from 1; this is '${text}'.`);
  return { samples };
}

function duration(text: string | undefined): { minutes?: number } {
  if (text === undefined) return {};
  const minutes = Number(text);
  if (!(minutes > 0 && Number.isFinite(minutes))) fail(`--minutes takes a number over 0; this is '${text}'.`);
  return { minutes };
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
