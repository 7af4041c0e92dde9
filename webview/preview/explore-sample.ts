/** A made-up worker that answers Explore's questions, the same numbers for the same time. Never shipped. */
import type { Annotation, HistoryQuery, SeriesFrame } from "../../protocol/history.ts";
import type { Attributes, MetricKind, Unit } from "../../protocol/reading.ts";
import type { SeriesInfo } from "../../protocol/series.ts";
import type { Ask } from "../ask.ts";
import type { ExploreState } from "../explore/state.ts";
import type { Answers, Question } from "../../protocol/messages/webview.ts";

const MINUTE = 60_000;

/** What the sample worker knows and how it behaves. */
export interface ExploreSample {
  readonly now: () => number;
  /** Cores of the machine: each has a series. */
  readonly cores?: number;
  /** Every question fails with this reason; empty: none does. */
  readonly failure?: string;
  /** No question is ever answered. */
  readonly silent?: boolean;
  /** Nothing has been sensed yet. */
  readonly bare?: boolean;
  /** Told every question. */
  readonly asked?: (question: Question) => void;
}

/** What the page is told before it starts. */
export interface ExplorePage {
  readonly state: ExploreState | null;
  readonly sample: Omit<ExploreSample, "now" | "asked">;
  /** Stands still at this time; null: goes on as the clock does. */
  readonly frozenAt: number | null;
  /** Between two snapshots, milliseconds; 0: one only. */
  readonly everyMs: number;
  readonly mayAct: boolean;
}

interface SampleSeries extends SeriesInfo {
  readonly at: (time: number) => number;
  /** Lowest and highest of a step differ by this share. */
  readonly spread: number;
}

/** The same pseudo-random number 0..1 for the same seed. */
function noise(seed: number): number {
  const x = Math.sin(seed * 12.9898) * 43_758.5453;
  return x - Math.floor(x);
}

/** A smooth wander 0..1 over time. */
function wander(time: number, period: number, seed: number): number {
  const position = time / period;
  const step = Math.floor(position);
  const rest = position - step;
  const ease = rest * rest * (3 - 2 * rest);
  return noise((step % 100_000) + seed) * (1 - ease) + noise(((step + 1) % 100_000) + seed) * ease;
}

function series(
  metric: string,
  attributes: Attributes,
  of: { readonly unit: Unit; readonly kind?: MetricKind; readonly description: string; readonly spread?: number },
  at: (time: number) => number,
): SampleSeries {
  const { unit, kind = "gauge", description, spread = 0 } = of;
  return { metric, attributes, unit, kind, description, value: null, time: null, at, spread };
}

/** Every series of the sample machine. */
function everySeries(cores: number): SampleSeries[] {
  const share = { unit: "1", spread: 0.3 } as const;
  const busy = (time: number, seed: number): number =>
    0.12 + 0.35 * wander(time, 4 * MINUTE, seed) + 0.2 * wander(time, 20_000, seed + 3);
  return [
    series("gorgon.cpu.busy", {}, { ...share, description: "Share of all cores that was busy" }, (time) =>
      busy(time, 1),
    ),
    ...Array.from({ length: cores }, (_, core) =>
      series(
        "system.cpu.utilization",
        { "cpu.logical_number": String(core), "cpu.mode": "user" },
        { ...share, description: "Share of its time that a core spent in a mode" },
        (time) => busy(time, 11 + core * 7),
      ),
    ),
    series(
      "system.memory.utilization",
      { "system.memory.state": "used" },
      { unit: "1", description: "Share of the memory that is in use" },
      (time) => 0.66 + 0.08 * wander(time, 9 * MINUTE, 5),
    ),
    series(
      "system.memory.usage",
      { "system.memory.state": "used" },
      { unit: "By", description: "Memory that is in use" },
      (time) => (14 + 2 * wander(time, 9 * MINUTE, 5)) * 2 ** 30,
    ),
    ...["receive", "transmit"].map((direction, index) =>
      series(
        "system.network.io",
        { "network.interface.name": "eth0", "network.io.direction": direction },
        { unit: "By", kind: "counter", description: "Bytes received and transmitted by an interface", spread: 0.6 },
        (time) => 2 ** 20 * (0.2 + 6 * wander(time, 40_000, 31 + index) ** 3),
      ),
    ),
    series(
      "hw.temperature",
      { "hw.name": "coretemp Package id 0" },
      { unit: "Cel", description: "Temperature" },
      (time) => 48 + 14 * wander(time, 6 * MINUTE, 17),
    ),
    series(
      "system.filesystem.utilization",
      { "system.device": "/dev/vda1", "system.filesystem.mountpoint": `<img src=x onerror="window.broken=1">` },
      { unit: "1", description: "Share of a file system that is in use" },
      () => 0.71,
    ),
  ];
}

/** Answers at once, like a worker with a week of history and a gap in it. */
export function sampleAsk(options: ExploreSample): Ask {
  const known = options.bare === true ? [] : everySeries(options.cores ?? 8);
  return <Q extends Question>(question: Q, signal?: AbortSignal): Promise<Answers[Q["ask"]]> =>
    new Promise((resolve, reject) => {
      options.asked?.(question);
      const drop = (): void => reject(new Error("Nobody waits for this any more."));
      signal?.addEventListener("abort", drop);
      if (options.silent === true) return;
      if ((options.failure ?? "") !== "") reject(new Error(options.failure));
      else resolve(answerOf(question, known, options.now()) as Answers[Q["ask"]]);
    });
}

function answerOf(question: Question, known: readonly SampleSeries[], now: number): Answers[Question["ask"]] {
  switch (question.ask) {
    case "series":
      return found(question.search, question.limit, known, now);
    case "frames":
      return question.queries.map((query) => framesOf(query, known, now));
    case "annotations":
      return notesOf(question.from, question.to);
    case "save":
      return { saved: true };
    default:
      return null;
  }
}

function found(search: string, limit: number, known: readonly SampleSeries[], now: number): Answers["series"] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = known.filter((one) => {
    const text = `${one.metric} ${JSON.stringify(one.attributes)} ${one.description}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const infos = fits.slice(0, limit).map(({ metric, attributes, unit, kind, description, at }): SeriesInfo => {
    return { metric, attributes, unit, kind, description, value: at(now), time: now };
  });
  return { series: infos, total: fits.length };
}

/** A gap of forty seconds every twenty minutes: the machine slept. */
function asleep(time: number): boolean {
  return time % (20 * MINUTE) < 40_000;
}

function framesOf(query: HistoryQuery, known: readonly SampleSeries[], now: number): SeriesFrame[] {
  const { metric, match, from, to, step } = query;
  return known
    .filter(
      (one) => one.metric === metric && Object.entries(match).every(([key, value]) => one.attributes[key] === value),
    )
    .map(({ attributes, unit, at, spread }) => {
      const times: number[] = [];
      for (let time = Math.ceil(from / step) * step; time < Math.min(to, now); time += step) {
        if (!(step < MINUTE && asleep(time))) times.push(time);
      }
      const values = times.map(at);
      const wide = step > 2000 ? spread : 0;
      const min = values.map((value, index) => value * (1 - wide * noise((times[index] ?? 0) / 1000)));
      const max = values.map((value, index) => value * (1 + wide * noise((times[index] ?? 0) / 1000 + 1)));
      const frame: SeriesFrame = { metric, attributes, unit, times, values, min, max };
      return from < now - 24 * 60 * MINUTE ? { ...frame, resolution: 10 * MINUTE } : frame;
    });
}

/** An alert every half hour and an epoch every ten minutes. */
function notesOf(from: number, to: number): Annotation[] {
  const notes: Annotation[] = [];
  for (let time = Math.ceil(from / (10 * MINUTE)) * 10 * MINUTE; time < to; time += 10 * MINUTE) {
    const alert = time % (30 * MINUTE) === 0;
    const kind = alert ? "alert" : "epoch";
    const text = alert ? "CPU is busy: 91.2 %" : "Epoch 3 ended: loss 0.71";
    notes.push({ id: time, time, end: null, kind, text, source: "sample" });
  }
  return notes.slice(-1000);
}
