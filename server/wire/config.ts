/** The schema behind `proposeConfigEdit`: what a face wants to add to the configuration. */
import * as z from "zod/mini";
import type { NewRule, NewWatch } from "../../protocol/config.ts";
import type { ParamsOf } from "../../protocol/message.ts";
import type { proposeConfigEdit } from "../../protocol/messages/worker.ts";
import { check, type Checked } from "./wire.ts";

/** The reader of the configuration has the true limits; these keep what is checked small. */
const MAX_TEXT = 300;
const MAX_MESSAGE = 4000;

const text = z.string().check(z.maxLength(MAX_TEXT));
const texts = z.record(text, text);
const time = z.number().check(z.minimum(0));

const newRule = z.object({
  title: text,
  metric: text,
  match: texts,
  direction: z.enum(["above", "below"]),
  warn: z.nullable(z.number()),
  crit: z.nullable(z.number()),
  warnClear: z.exactOptional(z.number()),
  critClear: z.exactOptional(z.number()),
  forMs: z.exactOptional(time),
  keepFiringForMs: z.exactOptional(time),
  missing: z.exactOptional(z.enum(["unknown", "keep", "ok", "crit"])),
  labels: z.exactOptional(texts),
  message: z.exactOptional(z.string().check(z.maxLength(MAX_MESSAGE))),
  trend: z.exactOptional(z.object({ target: z.number(), overMs: time })),
  growthMs: z.exactOptional(time),
}) satisfies z.ZodMiniType<NewRule> & { readonly shape: Readonly<Record<keyof NewRule, unknown>> };

const newWatch = z.object({ title: text, name: text }) satisfies z.ZodMiniType<NewWatch>;

const proposal = z.object({
  add: z.union([z.object({ rule: newRule }), z.object({ watch: newWatch })]),
}) satisfies z.ZodMiniType<ParamsOf<typeof proposeConfigEdit>>;

/** Checks the parameters of `proposeConfigEdit`. */
export function parseProposal(raw: unknown): Checked<ParamsOf<typeof proposeConfigEdit>> {
  return check(proposal, raw, "the proposal");
}
