/** Runs a program of bench/jupyter, and rounds what it answers. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { pythonEnv } from "../scripts/python-env.ts";

const DIGITS = 3;

/**
 * Runs it with the environment of the benches and the package's folder before its arguments. Its lines that begin with blanks are
 * told as progress; the answer is one line of JSON. Rejects where it fails, and with PythonMissing.
 */
export async function ask(
  file: string,
  args: readonly (number | string)[],
  say: (line: string) => void,
): Promise<unknown> {
  const python = await pythonEnv("bench");
  const folder = path.join(import.meta.dirname, "jupyter");
  const jupyter = path.join(path.dirname(import.meta.dirname), "jupyter");
  const child = spawn(python, [path.join(folder, file), jupyter, ...args.map(String)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let answer = "";
  const told: string[] = [];
  child.stdout.on("data", (data: Buffer) => (answer += data.toString()));
  createInterface({ input: child.stderr }).on("line", (line) => {
    told.push(line);
    if (line.startsWith("  ")) say(line);
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${file} failed: ${told.slice(-3).join(" ")}`);
  return JSON.parse(answer);
}

/** To what a result keeps of a number. */
export function rounded(value: number): number {
  return Number(value.toFixed(DIGITS));
}

/** MiB for a table; a tenth only where it matters. */
export function mib(value: number): string {
  return Math.abs(value) < 99.95 ? value.toFixed(1) : value.toFixed(0);
}

/** The one of which so much of the list is not above it: 0.5 is the median. NaN for an empty list. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
