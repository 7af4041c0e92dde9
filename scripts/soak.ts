/**
 * `npm run soak [-- kills]`: the store's torture in full, and what came of it in docs/reliability.md. Takes about ten
 * minutes with the default of 200 kills.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { format, resolveConfig } from "prettier";
import { formatDuration } from "../protocol/format.ts";
import { random } from "../test/torture/known.ts";
import { leaderRounds } from "../test/torture/leader-rounds.ts";
import { damageRounds } from "../test/torture/damage-rounds.ts";
import { killRounds } from "../test/torture/kill-rounds.ts";
import { sleepRounds } from "../test/torture/sleep-rounds.ts";
import { takeoverRounds } from "../test/torture/takeover-rounds.ts";

const root = path.dirname(import.meta.dirname);
const SEED = 20_260_101;
const DAMAGES_A_KILL = 10;
const KILLS_A_TAKEOVER = 10;
const KILLS_A_LEADER = 4;
const KILLS_A_SLEEPER = 4;
const LEADER_CANDIDATES = 4;
const LEADER_DEADLINE_MS = 5000;

/** The flush interval of the killed writers, and of those that take over (the default). */
const KILL_FLUSH_MS = 250;
const TAKEOVER_FLUSH_MS = 5000;

interface Row {
  readonly promise: string;
  readonly test: string;
  readonly figure: string;
  readonly kept: boolean;
}

const kills = Number(process.argv[2] ?? process.env["GORGON_SOAK_ROUNDS"] ?? 200);
if (!Number.isSafeInteger(kills) || kills < 1) {
  console.error(`The number of kills cannot be '${String(process.argv[2])}': give a whole number of at least 1.`);
  process.exit(2);
}

console.log(`${String(kills)} kills...`);
const killed = await killRounds(kills, random(SEED), KILL_FLUSH_MS);
console.log(JSON.stringify(killed));
console.log(`${String(kills * DAMAGES_A_KILL)} damaged files...`);
const damaged = await damageRounds(kills * DAMAGES_A_KILL, random(SEED + 1));
console.log(JSON.stringify(damaged));
console.log("Takeovers...");
const taken = await takeoverRounds(Math.ceil(kills / KILLS_A_TAKEOVER), TAKEOVER_FLUSH_MS);
console.log(JSON.stringify(taken));
console.log("Leaders...");
const led = await leaderRounds(Math.ceil(kills / KILLS_A_LEADER), LEADER_CANDIDATES, random(SEED + 2));
console.log(JSON.stringify(led));
console.log("Sleep...");
const asleep = await sleepRounds(Math.ceil(kills / KILLS_A_SLEEPER), random(SEED + 3));
console.log(JSON.stringify(asleep));

const kill = "kill -9 at random moments (`test/torture/store.test.ts`)";
const damage = "random bit flips, overwritten blocks, truncation and garbage in file, log and journal (same file)";
const rows: readonly Row[] = [
  {
    promise: "The history opens after SIGKILL at any moment, without being moved aside",
    test: kill,
    figure: `${String(killed.notOpened)} of ${String(killed.kills)} kills failed`,
    kept: killed.notOpened === 0,
  },
  {
    promise: "What a flush acknowledged is there, exactly once",
    test: kill,
    figure: `${String(killed.acknowledgedMissing)} missing, ${String(killed.doubled)} doubled of ${String(killed.samples)} samples`,
    kept: killed.acknowledgedMissing === 0 && killed.doubled === 0,
  },
  {
    promise: "At most one flush interval is lost on SIGKILL",
    test: kill,
    figure: `worst loss ${formatDuration(killed.worstLossMs)} at a flush interval of ${formatDuration(KILL_FLUSH_MS)}`,
    kept: killed.lateMissing === 0,
  },
  {
    promise: "A second window sees no gap, and lags by one flush interval at most",
    test: "a reader beside each killed writer (same file)",
    figure: `${String(killed.holes)} holes and ${String(killed.lagging)} late of ${String(killed.looks)} looks`,
    kept: killed.holes === 0 && killed.lagging === 0 && killed.looks > 0,
  },
  {
    promise: "A damaged file never stops Gorgon: it opens, or is moved aside with a message",
    test: damage,
    figure:
      `${String(damaged.rounds)} damages: ${String(damaged.whole)} whole, ${String(damaged.partial)} partial, ` +
      `${String(damaged.aside)} moved aside; ${String(damaged.threw)} errors, ${String(damaged.silentAside)} silent`,
    kept: damaged.threw === 0 && damaged.silentAside === 0 && damaged.unusable === 0,
  },
  {
    promise:
      "A value that nobody wrote is never shown (every chunk, step, row and journal record has a 32-bit checksum)",
    test: `${kill}; ${damage}`,
    figure: `${String(killed.wrong + damaged.wrong + taken.wrong)} wrong values`,
    kept: killed.wrong + damaged.wrong + taken.wrong === 0,
  },
  {
    promise: "After a suspend of hours no sample is invented, the gap is a gap, and rates are right",
    test: "kill -9 of writers whose clocks sleep for hours and drift (`test/torture/sleep.test.ts`)",
    figure:
      `${String(asleep.kills)} kills, ${String(asleep.slept)} sleeps: ${String(asleep.invented)} invented of ` +
      `${String(asleep.samples)} samples, ${String(asleep.acknowledgedMissing)} missing, ${String(asleep.filled)} gaps ` +
      `filled, ${String(asleep.wrongRates)} wrong rates, ${String(asleep.miscounted)} miscounted`,
    kept:
      asleep.slept > 0 &&
      asleep.invented + asleep.acknowledgedMissing + asleep.filled + asleep.wrongRates + asleep.miscounted === 0 &&
      asleep.notOpened === 0,
  },
  {
    promise: "Another window takes over within 5 s of the writer's death, and never do two write",
    test: "one writer killed with two waiting (same file)",
    figure: `worst ${formatDuration(taken.worstMs)} over ${String(taken.rounds)} takeovers; ${String(taken.twoWriters)} times two writers`,
    kept: taken.twoWriters === 0 && taken.worstMs <= TAKEOVER_FLUSH_MS,
  },
  {
    promise: "When the leading window is killed one leads again within 5 s, and never do two",
    test: "the leader of four processes killed, or ended in order, at random moments (`test/torture/leader.test.ts`)",
    figure:
      `${String(led.kills)} kills, ${String(led.goodbyes)} orderly ends: median ${formatDuration(led.medianMs)}, worst ` +
      `${formatDuration(led.worstMs)}; ${String(led.twoLeaders)} times two leaders, ${String(led.leaderless)} times none`,
    kept: led.twoLeaders === 0 && led.leaderless === 0 && led.astray === 0 && led.worstMs <= LEADER_DEADLINE_MS,
  },
];

const commit = spawnSync("git", ["rev-parse", "--short", "HEAD"], { cwd: root, encoding: "utf8" }).stdout.trim();
const date = new Date().toISOString().slice(0, 10);
const lines = [
  "# Reliability",
  "",
  "What Gorgon promises about the history it keeps, the test that holds it to that, and the last figure.",
  "",
  `Written by \`npm run soak -- ${String(kills)}\` on ${date}, commit ${commit === "" ? "unknown" : commit}, Node ${process.versions.node} on ${process.platform}.`,
  "",
  "| promise | test | last figure | kept |",
  "| --- | --- | --- | --- |",
  ...rows.map((row) => `| ${row.promise} | ${row.test} | ${row.figure} | ${row.kept ? "yes" : "**no**"} |`),
  "",
  "The same rounds run in `npm test`, in smaller numbers. Held there as well: a journal with any bit flipped, or cut off",
  "at any byte, keeps the exact records before it (`server/octopus/store/journal/journal.test.ts`); a crash between any two",
  "operations on the disk loses nothing that was flushed and counts nothing twice (`test/torture/crash.test.ts`); random",
  "programs of appending, flushing, sealing, reopening and setting the clock back answer like a plain list of samples, to",
  "the writer and to a second reader (`server/octopus/store/chunk-store.model.slow.test.ts`);",
  "both changes of daylight saving time in Europe/Berlin (`test/torture/dst.test.ts`); and on a real file system of 1 MB and a",
  "read-only one (`test/integration/store-disk.test.ts`): a full or read-only disk stops history with a reason, never the",
  "rest, and history goes on by itself when there is room again.",
  "",
  "## Limits",
  "",
  "- A power cut may lose up to 30 s: the disk is asked to confirm the journal every 30 s. Sealed chunks that SQLite had",
  "  not confirmed yet are still in the journal then.",
  "- A flush that is due waits for the event loop: the loss counts as kept up to half a second over the interval.",
  "- Files over 16 MiB are not checked page by page at the start; damage is found when it is read.",
  "- A damaged file is kept beside the new one, but not repaired.",
  "",
];
mkdirSync(path.join(root, "docs"), { recursive: true });
const target = path.join(root, "docs", "reliability.md");
writeFileSync(target, await format(lines.join("\n"), { ...(await resolveConfig(target)), filepath: target }));
for (const row of rows) console.log(`${row.kept ? "kept  " : "BROKEN"} ${row.promise}: ${row.figure}`);
process.exitCode = rows.every((row) => row.kept) ? 0 : 1;
