/**
 * Stands in for nvidia-smi in tests: replays a recording at the pace of `--loop-ms`, through a real pipe.
 * `node stand-in.ts <recording> <nvidia-smi's arguments>`; `<recording>.devices.txt` or `.processes.txt` holds lines to
 * say, and directives: `@round` waits, `@again` begins anew, `@hang` never speaks again, `@exit N` ends, `@error text`
 * complains, `@part text` says half a line.
 */
import { readFileSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const [recording = "", ...args] = process.argv.slice(2);
const part = args.some((one) => one.startsWith("--query-compute-apps=")) ? "processes" : "devices";
const pace = Number(/--loop-ms=(\d+)/.exec(args.join(" "))?.[1] ?? 1000);
const steps = readFileSync(`${recording}.${part}.txt`, "utf8").trimEnd().split("\n");

for (let step = 0; step < steps.length; step++) {
  const line = steps[step] ?? "";
  const [word = "", ...rest] = line.split(" ");
  if (word === "@round") await sleep(pace);
  else if (word === "@again") step = -1;
  else if (word === "@hang") await sleep(1e9);
  else if (word === "@exit") process.exit(Number(rest[0]));
  else if (word === "@error") writeSync(2, `${rest.join(" ")}\n`);
  else if (word === "@part") writeSync(1, rest.join(" "));
  else writeSync(1, `${line}\n`);
}
