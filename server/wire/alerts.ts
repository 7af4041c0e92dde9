/** The schemas behind alerts and silences: what a window asks, and what comes from a file or over the leader's socket. */
import * as z from "zod/mini";
import type { AlertAct, AlertStep, NewSilence, Silence } from "../../protocol/alert.ts";
import type { LinkAlerts } from "../../protocol/messages/leader.ts";
import type { ParamsOf } from "../../protocol/message.ts";
import type { acknowledgeAlert, addSilence, endSilence, getAlertHistory } from "../../protocol/messages/worker.ts";
import { check, type Checked } from "./wire.ts";

/** The longest text in an alert, characters. */
const MAX_TEXT = 2000;
/** What a person types as a note or comment may be cut, but not without end. */
const MAX_TYPED = 10_000;
const MAX_LABELS = 100;
/** Alerts in one state; the bell has fewer of a rule. */
const MAX_ALERTS = 20_000;
/** Records of one answer. */
const MAX_RECORDS = 1000;

const text = z.string().check(z.maxLength(MAX_TEXT));
const typed = z.string().check(z.maxLength(MAX_TYPED));
const moment = z.nullable(z.number());
const level = z.enum(["OK", "UNKNOWN", "WARN", "CRIT"]);
const labels = z
  .record(text, text)
  .check(z.refine((all) => Object.keys(all).length <= MAX_LABELS, `at most ${String(MAX_LABELS)} labels`));

/** An alert; its unit may be one that this release does not know. */
export const alertSchema = z.object({
  id: text,
  fingerprint: text,
  rule: text,
  title: text,
  metric: text,
  origin: text,
  status: z.enum(["pending", "firing", "resolved"]),
  level,
  labels,
  value: moment,
  unit: text,
  message: text,
  pendingSince: z.number(),
  firingSince: moment,
  resolvedAt: moment,
  changedAt: z.number(),
  flaps: z.number(),
  heldUntil: moment,
  silencedBy: z.nullable(text),
  inhibitedBy: z.nullable(text),
  acknowledged: z.nullable(z.object({ by: text, at: z.number(), note: text })),
  notifications: z.number(),
  teller: z.nullable(text),
  group: text,
});

/** One step of an alert. */
export const stepSchema = z.object({
  time: z.number(),
  change: z.enum([
    "pending",
    "firing",
    "worse",
    "better",
    "resolved",
    "acknowledged",
    "unacknowledged",
    "silenced",
    "unsilenced",
    "inhibited",
    "uninhibited",
  ]),
  level,
  value: moment,
  cause: text,
}) satisfies z.ZodMiniType<AlertStep>;

/** A silence as it is kept. */
export const silenceSchema = z.object({
  id: text,
  matchers: labels,
  startsAt: z.number(),
  endsAt: z.number(),
  author: text,
  comment: text,
}) satisfies z.ZodMiniType<Silence>;

const newSilence = z.object({
  matchers: labels,
  startsAt: z.number(),
  endsAt: z.number(),
  author: typed,
  comment: typed,
}) satisfies z.ZodMiniType<NewSilence>;

const historyParams = z
  .object({
    from: z.number(),
    to: z.number(),
    rule: text,
    limit: z.int().check(z.minimum(1), z.maximum(MAX_RECORDS)),
  })
  .check(z.refine((asked) => asked.from <= asked.to, "from must not be after to")) satisfies z.ZodMiniType<
  ParamsOf<typeof getAlertHistory>
>;

const acknowledgeParams = z.object({
  alert: text,
  by: typed,
  note: typed,
  undo: z.boolean(),
}) satisfies z.ZodMiniType<ParamsOf<typeof acknowledgeAlert>>;

const addParams = z.object({ silence: newSilence }) satisfies z.ZodMiniType<ParamsOf<typeof addSilence>>;
const endParams = z.object({ id: text }) satisfies z.ZodMiniType<ParamsOf<typeof endSilence>>;

/** Checks the parameters of `getAlertHistory`. */
export function parseAlertHistoryParams(raw: unknown): Checked<ParamsOf<typeof getAlertHistory>> {
  return check(historyParams, raw, "the question for alerts");
}

/** Checks the parameters of `acknowledgeAlert`. */
export function parseAcknowledgeParams(raw: unknown): Checked<ParamsOf<typeof acknowledgeAlert>> {
  return check(acknowledgeParams, raw, "the acknowledgement");
}

/** Checks the parameters of `addSilence`. */
export function parseAddSilenceParams(raw: unknown): Checked<ParamsOf<typeof addSilence>> {
  return check(addParams, raw, "the silence");
}

/** Checks the parameters of `endSilence`. */
export function parseEndSilenceParams(raw: unknown): Checked<ParamsOf<typeof endSilence>> {
  return check(endParams, raw, "the end of a silence");
}

const act = z.union([
  z.object({ acknowledge: acknowledgeParams }),
  z.object({ silence: newSilence }),
  z.object({ endSilence: text }),
]) satisfies z.ZodMiniType<AlertAct>;
const acted = z.object({ silence: z.nullable(silenceSchema) });
const linkAlerts = z.object({
  alerts: z.array(alertSchema).check(z.maxLength(MAX_ALERTS)),
  silences: z.array(silenceSchema).check(z.maxLength(MAX_ALERTS)),
});

/** Checks what a follower's user does. */
export function parseLinkAct(raw: unknown): Checked<AlertAct> {
  return check(act, raw, "what was to be done to alerts");
}

/** Checks the leader's answer to it. */
export function parseLinkActed(raw: unknown): Checked<{ readonly silence: Silence | null }> {
  return check(acted, raw, "the answer to what was to be done");
}

/** Checks the leader's alerts; a unit may be one that this release does not know. */
export function parseLinkAlerts(raw: unknown): Checked<LinkAlerts> {
  return check(linkAlerts, raw, "the leader's alerts") as Checked<LinkAlerts>;
}
