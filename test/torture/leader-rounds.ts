/** The rounds of the leaders' torture, for the tests (a few) and for the soak (many). */
import { fork, type ChildProcess } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { overlaps, systemMs, witnessFile, type LeaderNews, type LeaderTask } from "./leader-witness.ts";
import { freshFolder } from "./found.ts";

/** What the rounds came to. */
export interface LeaderReport {
  /** Leaders killed outright. */
  readonly kills: number;
  /** Leaders ended in order. */
  readonly goodbyes: number;
  /** Milliseconds from a leader's death to the next one's first moment. */
  readonly medianMs: number;
  readonly worstMs: number;
  /** Rounds in which nobody led within the deadline. */
  readonly leaderless: number;
  /** Moments at which two led. */
  readonly twoLeaders: number;
  /** Followers that named another leader than the one there was, once all had settled. */
  readonly astray: number;
}

const DEADLINE_MS = 5000;

class Candidate {
  readonly child: ChildProcess;
  readonly gone: Promise<void>;
  news: LeaderNews | null = null;

  constructor(folder: string) {
    const task: LeaderTask = { folder };
    this.child = fork(path.join(import.meta.dirname, "leader-child.ts"), [JSON.stringify(task)], {
      execArgv: ["--no-warnings"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.child.on("message", (news) => (this.news = news as LeaderNews));
    this.gone = new Promise((resolve) => this.child.once("exit", () => resolve()));
  }

  get leads(): boolean {
    return this.news?.role === "leads";
  }

  get settled(): boolean {
    return this.news?.role === "leads" || this.news?.role === "follows";
  }

  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    this.child.kill(signal);
    await this.gone;
  }
}

async function within(deadlineMs: number, holds: () => boolean): Promise<boolean> {
  const began = systemMs();
  while (!holds()) {
    if (systemMs() - began > deadlineMs) return false;
    await sleep(2);
  }
  return true;
}

/**
 * Kills the leader of `workers` processes `wanted` times by SIGKILL, and between whiles ends it in order, at random
 * moments, also while the others are still finding each other; each time a new process takes the dead one's place.
 */
export async function leaderRounds(wanted: number, workers: number, random: () => number): Promise<LeaderReport> {
  const folder = path.join(freshFolder(), "state");
  const candidates = Array.from({ length: workers }, () => new Candidate(folder));
  const takeovers: number[] = [];
  let kills = 0;
  let goodbyes = 0;
  let leaderless = 0;
  let astray = 0;
  try {
    while (kills < wanted && leaderless === 0) {
      if (!(await within(DEADLINE_MS, () => candidates.some(({ leads }) => leads)))) {
        leaderless += 1;
        continue;
      }
      // Sometimes when all is quiet, sometimes in the middle of their search.
      if (random() < 0.7) {
        await within(DEADLINE_MS, () => candidates.every(({ settled }) => settled));
        const pid = candidates.find(({ leads }) => leads)?.child.pid;
        if (!candidates.every(({ news }) => news?.leader === pid)) astray += 1;
        await sleep(random() * 300);
      } else {
        await sleep(random() * 100);
      }
      const leader = candidates.find(({ leads }) => leads);
      if (leader === undefined) continue;
      const killed = random() < 2 / 3;
      if (killed) kills += 1;
      else goodbyes += 1;
      const died = systemMs();
      await leader.end(killed ? "SIGKILL" : "SIGTERM");
      candidates.splice(candidates.indexOf(leader), 1, new Candidate(folder));
      if (await within(DEADLINE_MS, () => candidates.some(({ leads }) => leads))) {
        const next = candidates.find(({ leads }) => leads);
        // A process that was only just started may win as well.
        takeovers.push(Math.max(0, (next?.news?.at ?? 0) - died));
      } else {
        leaderless += 1;
      }
    }
  } finally {
    await Promise.all(candidates.map((one) => one.end("SIGKILL")));
  }
  const twoLeaders = overlaps(readFileSync(witnessFile(folder), "utf8"));
  rmSync(path.dirname(folder), { recursive: true, force: true });
  takeovers.sort((one, two) => one - two);
  return {
    kills,
    goodbyes,
    medianMs: takeovers[Math.floor(takeovers.length / 2)] ?? 0,
    worstMs: takeovers.at(-1) ?? 0,
    leaderless,
    twoLeaders,
    astray,
  };
}
