/** A week of a developer's machine, made up from a seed: builds, tests, downloads, sleep, and three things that go wrong. */

/** What the sensors would say at one moment. Ratios but for `oomKills`. */
export interface WeekSample {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly cpu: number;
  readonly memory: number;
  readonly swap: number;
  /** Share of ten seconds in which nothing could run for want of memory. */
  readonly memoryPressure: number;
  /** By mount point. */
  readonly disk: Readonly<Record<string, number>>;
  readonly oomKills: number;
}

/** Monday. */
export const WEEK_START = Date.UTC(2026, 0, 5);

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The office day; outside of it the machine sleeps, as over lunch. */
const AWAKE: readonly (readonly [from: number, to: number])[] = [
  [8.5, 12.25],
  [13, 18.75],
];

/** Numbers from 0 to 1 that look random and are the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Something that goes on for a time and adds to what is in use while it does. */
interface Job {
  readonly from: number;
  readonly to: number;
  /** Share of the cores while it lasts; it wavers below this. */
  readonly cpu: number;
  readonly memory: number;
  /** Share of / that it takes in the end, and whether that stays. */
  readonly disk: number;
  readonly keeps: boolean;
}

/** Every sample of the week, `intervalMs` apart while the machine is awake. The same seed gives the same week. */
export function* machineWeek(seed: number, intervalMs: number): Generator<WeekSample> {
  const random = randomFrom(seed);
  const between = (low: number, high: number): number => low + (high - low) * random();
  let kept = 0;
  for (let day = 0; day < 7; day += 1) {
    const midnight = WEEK_START + day * DAY_MS;
    const weekend = day >= 5;
    // On Sunday the lid stays shut.
    if (day === 6) continue;
    const spans = weekend ? [[10, 13] as const] : AWAKE;
    const jobs = spans.flatMap(([from, to]) => jobsOf(midnight + from * HOUR_MS, midnight + to * HOUR_MS, between));
    const [first] = spans[0] ?? [9];
    for (const [from, to] of spans) {
      for (let time = midnight + from * HOUR_MS; time < midnight + to * HOUR_MS; time += intervalMs) {
        const now = jobs.filter((job) => job.from <= time && time < job.to);
        const hours = (time - midnight) / HOUR_MS - first;
        const busy = now.reduce((sum, job) => sum + job.cpu, between(0.03, 0.12));
        const asked = now.reduce((sum, job) => sum + job.memory, 0.46 + 0.012 * hours + between(-0.004, 0.004));
        const trouble = leakAt(day, hours);
        const memory = Math.min(0.995, asked + trouble.memory);
        const short = Math.max(0, memory - 0.93) / 0.065;
        const done = jobs.filter((job) => job.keeps && job.to <= time).reduce((sum, job) => sum + job.disk, 0);
        const writing = now.reduce((sum, job) => sum + (job.disk * (time - job.from)) / (job.to - job.from), 0);
        yield {
          time,
          cpu: Math.min(1, busy * between(0.94, 1.02)),
          memory,
          swap: Math.min(1, 0.1 + trouble.swap + 0.2 * short),
          memoryPressure: Math.min(1, short ** 3 * between(0.2, 0.7)),
          disk: { "/": Math.min(1, 0.61 + kept + done + writing), "/home": Math.min(1, 0.58 + runawayAt(day, hours)) },
          oomKills: day > 2 || (day === 2 && hours >= LEAK_END) ? 1 : 0,
        };
      }
    }
    kept += jobs.filter((job) => job.keeps).reduce((sum, job) => sum + job.disk, 0) * 0.3;
  }
}

/** Builds and test runs one after the other with pauses, and now and then a download beside them. */
function jobsOf(from: number, to: number, between: (low: number, high: number) => number): Job[] {
  const jobs: Job[] = [];
  for (let time = from + between(2, 10) * MINUTE_MS; time < to; time += between(2, 14) * MINUTE_MS) {
    const kind = between(0, 1);
    // Most builds take minutes; one in twelve is from scratch and takes up to half an hour, linking at its end.
    const clean = kind < 0.08;
    const build = kind < 0.45;
    const lasts = clean
      ? between(12, 30) * MINUTE_MS
      : build
        ? between(0.5, 6) * MINUTE_MS
        : between(0.2, 4) * MINUTE_MS;
    const end = Math.min(to, time + lasts);
    const cpu = build ? between(0.85, 1) : between(0.5, 0.95);
    jobs.push({
      from: time,
      to: end,
      cpu,
      memory: build ? between(0.08, 0.2) : between(0.02, 0.1),
      disk: 0.006,
      keeps: false,
    });
    if (build) {
      const link = end - Math.min(lasts / 3, between(3, 45) * SECOND_MS);
      jobs.push({ from: link, to: end, cpu: 0, memory: between(0.1, 0.32), disk: 0, keeps: false });
    }
    time = end;
  }
  for (let count = 0; count < 2; count += 1) {
    const start = between(from, to - HOUR_MS);
    const end = start + between(4, 25) * MINUTE_MS;
    jobs.push({ from: start, to: end, cpu: 0.08, memory: 0.02, disk: between(0.005, 0.03), keeps: true });
  }
  return jobs;
}

/** Hours after the day's begin at which Wednesday's leak starts, and ends with the OOM killer. */
const LEAK_START = 5.2;
const LEAK_END = 6.4;

/** Wednesday: a language server leaks until it is killed. */
function leakAt(day: number, hours: number): { readonly memory: number; readonly swap: number } {
  if (day !== 2 || hours < LEAK_START || hours >= LEAK_END) return { memory: 0, swap: 0 };
  const share = (hours - LEAK_START) / (LEAK_END - LEAK_START);
  return { memory: 0.5 * share, swap: share > 0.7 ? (share - 0.7) * 3 : 0 };
}

/** Thursday: a log grows without end, is found in the afternoon and removed. */
function runawayAt(day: number, hours: number): number {
  if (day !== 3 || hours < 0.5 || hours >= 7.5) return day >= 3 ? 0.02 : 0;
  return Math.min(0.42, 0.065 * (hours - 0.5));
}
