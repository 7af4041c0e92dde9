/** The short buffer behind `gorgon quick`: six series taken from the hub's newest values, with their extremes. */
import type { Rule } from "../../protocol/bell.ts";
import type { Attributes, Unit } from "../../protocol/reading.ts";
import { worstSeries } from "../bell/judge.ts";
import type { Hub } from "../octopus/hub.ts";

/** One sample; null when there was no value then. */
export interface Sample {
  readonly time: number;
  readonly value: number | null;
}

/** What a series came to. Null: no value at all. */
export interface Extremes {
  readonly min: number | null;
  readonly avg: number | null;
  readonly max: number | null;
  readonly last: number | null;
}

/** One series of the short buffer. */
export interface QuickSeries {
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  /** The rule that judges it, for colours and marks. */
  readonly rule: Rule | null;
  readonly samples: Sample[];
  /** The value now. Only what came at or after `since` counts: an older one is not news. */
  readonly take: (hub: Pick<Hub, "latest">, since: number) => number | null;
}

function sum(metric: string, match: Attributes): QuickSeries["take"] {
  return (hub, since) => {
    const found = hub.latest(metric, match).filter((one) => one.time >= since);
    return found.length === 0 ? null : found.reduce((total, one) => total + one.reading.value, 0);
  };
}

function judged(rule: Rule | undefined): QuickSeries["take"] {
  return (hub, since) => {
    if (rule === undefined) return null;
    const found = hub.latest(rule.metric, rule.match).filter((one) => one.time >= since);
    return worstSeries(rule, found)?.reading.value ?? null;
  };
}

/** The series in the order in which they are drawn, empty. */
export function quickSeries(rules: readonly Rule[]): readonly QuickSeries[] {
  const byId = (id: string) => rules.find((one) => one.id === id);
  const ratio = (id: string, title: string): QuickSeries => ({
    id,
    title,
    unit: "1",
    rule: byId(id) ?? null,
    samples: [],
    take: judged(byId(id)),
  });
  const rate = (id: string, title: string, metric: string, match: Attributes): QuickSeries => ({
    id,
    title,
    unit: "By/s",
    rule: null,
    samples: [],
    take: sum(metric, match),
  });
  return [
    ratio("cpu", "CPU"),
    ratio("memory", "Memory"),
    rate("disk.read", "Disk read", "gorgon.disk.io.rate", { "disk.io.direction": "read" }),
    rate("disk.write", "Disk write", "gorgon.disk.io.rate", { "disk.io.direction": "write" }),
    rate("network.receive", "Network in", "gorgon.network.io.rate", { "network.io.direction": "receive" }),
    rate("network.transmit", "Network out", "gorgon.network.io.rate", { "network.io.direction": "transmit" }),
  ];
}

/** The extremes of what there is. */
export function extremes(samples: readonly Sample[]): Extremes {
  const known = samples.map((one) => one.value).filter((one) => one !== null);
  if (known.length === 0) return { min: null, avg: null, max: null, last: null };
  return {
    min: Math.min(...known),
    avg: known.reduce((total, one) => total + one, 0) / known.length,
    max: Math.max(...known),
    last: samples.at(-1)?.value ?? null,
  };
}
