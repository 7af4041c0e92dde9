/** The schemas behind the messages between workers: what comes over the leader's socket is checked before it is used. */
import * as z from "zod/mini";
import type { Rule } from "../../protocol/bell.ts";
import {
  GPU_PARTS,
  type CrabCard,
  type CrabCount,
  type LinkHello,
  type LinkWelcome,
  type LinkWish,
  type linkCollect,
  type linkSnapshot,
} from "../../protocol/messages/leader.ts";
import type { ParamsOf } from "../../protocol/message.ts";
import type { SensorHealth } from "../../protocol/state.ts";
import { check, type Checked } from "./wire.ts";

const MAX_TEXT = 2000;
const MAX_PATH = 4096;
const MAX_RULES = 500;
const MAX_CRABS = 100;
const MAX_METRICS = 10_000;
const MAX_SENSORS = 1000;
/** What a person may set as an interval, milliseconds. */
const MIN_INTERVAL_MS = 500;
const MAX_INTERVAL_MS = 3_600_000;
const MAX_PID = 2 ** 32;

const text = z.string().check(z.maxLength(MAX_TEXT));
const pid = z.int().check(z.minimum(1), z.maximum(MAX_PID));
const attributes = z.record(text, text);
const span = z.number().check(z.minimum(0));

const hello = z.object({
  protocol: z.number(),
  token: text,
  pid,
  version: text,
  onlooker: z.exactOptional(z.boolean()),
}) satisfies z.ZodMiniType<LinkHello>;

const welcome = z.object({
  protocol: z.number(),
  pid,
  version: text,
  node: text,
}) satisfies z.ZodMiniType<LinkWelcome>;

const rule = z.object({
  id: text,
  title: text,
  metric: text,
  match: attributes,
  direction: z.enum(["above", "below"]),
  warn: z.nullable(z.number()),
  crit: z.nullable(z.number()),
  warnClear: z.exactOptional(z.number()),
  critClear: z.exactOptional(z.number()),
  forMs: z.exactOptional(span),
  keepFiringForMs: z.exactOptional(span),
  missing: z.exactOptional(z.enum(["unknown", "keep", "ok", "crit"])),
  labels: z.exactOptional(attributes),
  message: z.exactOptional(text),
  trend: z.exactOptional(z.object({ target: z.number(), overMs: z.number().check(z.gt(0)) })),
  growthMs: z.exactOptional(z.number().check(z.gt(0))),
  origin: text,
  // Every field, the optional ones too: what is not named here would not reach the leader.
}) satisfies z.ZodMiniType<Rule> & { readonly shape: Readonly<Record<keyof Rule, unknown>> };

const wish = z.object({
  intervalMs: z.number().check(z.minimum(MIN_INTERVAL_MS), z.maximum(MAX_INTERVAL_MS)),
  rules: z.array(rule).check(z.maxLength(MAX_RULES)),
  gpu: z.array(z.enum(GPU_PARTS)).check(z.maxLength(GPU_PARTS.length)),
  historyMs: z.nullable(z.number().check(z.gt(0))),
  window: z.object({ worker: text, notifies: z.boolean(), focusedAt: z.nullable(z.number()) }),
}) satisfies z.ZodMiniType<LinkWish>;

const collect = z.object({ crab: z.nullable(text) }) satisfies z.ZodMiniType<ParamsOf<typeof linkCollect>>;
const collected = z.object({ ids: z.array(text) });

const health = z.object({
  crab: text,
  sensor: text,
  ok: z.boolean(),
  off: z.exactOptional(z.boolean()),
  reason: text,
  intervalMs: z.number(),
  lastMs: z.number(),
  failures: z.number(),
}) satisfies z.ZodMiniType<SensorHealth>;

const count = z.object({
  polls: z.number(),
  overruns: z.number(),
  lastMs: z.number(),
  sensors: z.array(health).check(z.maxLength(MAX_SENSORS)),
}) satisfies z.ZodMiniType<CrabCount>;

const crabs = z.object({
  crabs: z
    .array(
      z.object({
        name: text,
        intervalMs: z.number().check(z.gt(0)),
        metrics: z
          .array(
            z.object({
              // Another release may know units that this one does not; a face then shows the bare number.
              info: z.object({ name: text, unit: text, kind: z.enum(["gauge", "counter"]), description: text }),
              sensor: text,
              intervalMs: z.number().check(z.gt(0)),
            }),
          )
          .check(z.maxLength(MAX_METRICS)),
      }),
    )
    .check(z.maxLength(MAX_CRABS)),
});

/** Readings are left unchecked here: the relay checks each against what its crab declares. */
const snapshot = z.object({
  snapshot: z.object({
    id: text,
    time: z.number(),
    node: text,
    crab: text,
    readings: z.array(z.unknown()),
    failures: z
      .array(z.object({ sensor: text, reason: text, consecutive: z.number(), retryAt: z.number() }))
      .check(z.maxLength(MAX_SENSORS)),
    durationMs: z.number(),
    tags: z.array(text).check(z.maxLength(MAX_SENSORS)),
  }),
  stats: count,
});

/** Where a leader says that it can be found. */
export interface Announcement {
  readonly pid: number;
  /** Path of its socket, or name of its pipe. */
  readonly socket: string;
  /** Path of its token file. */
  readonly token: string;
}

const announcement = z.object({
  pid,
  socket: z.string().check(z.minLength(1), z.maxLength(MAX_PATH)),
  token: z.string().check(z.minLength(1), z.maxLength(MAX_PATH)),
}) satisfies z.ZodMiniType<Announcement>;

/** More rules than this are not sent by one window. */
export const MOST_LINK_RULES = MAX_RULES;

/** Checks the first word of a follower. */
export function parseLinkHello(raw: unknown): Checked<LinkHello> {
  return check(hello, raw, "the greeting");
}

/** Checks the leader's answer to it. */
export function parseLinkWelcome(raw: unknown): Checked<LinkWelcome> {
  return check(welcome, raw, "the leader's answer");
}

/** Checks what a window wishes. */
export function parseLinkWish(raw: unknown): Checked<LinkWish> {
  return check(wish, raw, "the wish");
}

/** Checks the order to poll. */
export function parseLinkCollect(raw: unknown): Checked<ParamsOf<typeof linkCollect>> {
  return check(collect, raw, "the order to poll");
}

/** Checks the answer to it. */
export function parseLinkCollected(raw: unknown): Checked<{ readonly ids: readonly string[] }> {
  return check(collected, raw, "the answer to the order to poll");
}

/** Checks the leader's list of crabs. */
export function parseLinkCrabs(raw: unknown): Checked<{ readonly crabs: readonly CrabCard[] }> {
  return check(crabs, raw, "the leader's crabs") as Checked<{ readonly crabs: readonly CrabCard[] }>;
}

/** Checks a snapshot around its readings, which are still anything. */
export function parseLinkSnapshot(raw: unknown): Checked<ParamsOf<typeof linkSnapshot>> {
  return check(snapshot, raw, "the leader's snapshot") as Checked<ParamsOf<typeof linkSnapshot>>;
}

/** Checks the file in which a leader says where it is. */
export function parseAnnouncement(raw: unknown): Checked<Announcement> {
  return check(announcement, raw, "the leader's announcement");
}
