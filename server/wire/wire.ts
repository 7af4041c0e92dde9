/** The schemas behind the words of `protocol/`: what a client sends is checked before anything uses it. */
import * as z from "zod/mini";
import type { Attention } from "../../protocol/attention.ts";
import type { HistoryQuery } from "../../protocol/history.ts";
import type { ParamsOf } from "../../protocol/message.ts";
import type {
  findSeries,
  getAnnotations,
  getHistory,
  setLogLevel,
  terminateProcess,
} from "../../protocol/messages/worker.ts";
import type { ClientContext, ClientSettings, InitializeOptions } from "../../protocol/settings.ts";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";

/** A checked value, or why it was refused, in words. */
export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/** Folders in one workspace; more is no workspace of a person. */
const MAX_FOLDERS = 100;
/** Questions in one request: a dashboard asks four. */
const MAX_QUERIES = 64;
const MAX_MATCH = 16;
/** Series in one answer: more is no list that a person reads. */
const MAX_FOUND = 500;
const MAX_NAME = 300;
const MAX_PATH = 8192;
/** Of a translation: a sentence of ours is far shorter, and there are far fewer. */
const MAX_SENTENCE = 4000;
const MAX_SENTENCES = 10_000;
const MAX_PID = 2 ** 32;

const name = z.string().check(z.minLength(1), z.maxLength(MAX_NAME));

/** The values stay unchecked here: the configuration names each one that is wrong and keeps the last good one. */
const clientSettings = z.object({
  interval: z.optional(z.unknown()),
  cpu: z.optional(z.unknown()),
  memory: z.optional(z.unknown()),
  disk: z.optional(z.unknown()),
  historyEnabled: z.optional(z.unknown()),
  historyDays: z.optional(z.unknown()),
  rateAdaptive: z.optional(z.unknown()),
  sensorsDisabled: z.optional(z.unknown()),
}) satisfies z.ZodMiniType<ClientSettings>;

const logLevel = z.enum(["off", "trace", "debug", "info", "warning", "error"]);

const context = {
  settings: clientSettings,
  workspaceFolders: z
    .array(z.object({ name: z.string().check(z.maxLength(MAX_NAME)), path: z.string().check(z.maxLength(MAX_PATH)) }))
    .check(z.maxLength(MAX_FOLDERS)),
  trusted: z.exactOptional(z.boolean()),
};

const clientContext = z.object(context) satisfies z.ZodMiniType<ClientContext>;

/** A language's bundle, which comes with the extension. */
const words = z
  .record(z.string().check(z.maxLength(MAX_SENTENCE)), z.string().check(z.maxLength(MAX_SENTENCE)))
  .check(z.refine((all) => Object.keys(all).length <= MAX_SENTENCES, `at most ${String(MAX_SENTENCES)} sentences`));

const initializeOptions = z.object({
  ...context,
  protocol: z.number(),
  client: z.string().check(z.maxLength(MAX_NAME)),
  logLevel,
  words: z.exactOptional(words),
}) satisfies z.ZodMiniType<InitializeOptions>;

const historyQuery = z
  .object({
    metric: name,
    match: z
      .record(name, z.string().check(z.maxLength(MAX_NAME)))
      .check(z.refine((match) => Object.keys(match).length <= MAX_MATCH, `at most ${String(MAX_MATCH)} attributes`)),
    from: z.number(),
    to: z.number(),
    step: z.number().check(z.minimum(0)),
    aggregate: z.enum(["avg", "min", "max", "sum", "count", "last", "rate", "p50", "p95", "p99"]),
  })
  .check(
    z.refine((query) => query.from <= query.to, "from must not be after to"),
  ) satisfies z.ZodMiniType<HistoryQuery>;

const historyParams = z.object({
  queries: z.array(historyQuery).check(z.maxLength(MAX_QUERIES)),
}) satisfies z.ZodMiniType<ParamsOf<typeof getHistory>>;

const annotationsParams = z
  .object({ from: z.number(), to: z.number() })
  .check(z.refine((asked) => asked.from <= asked.to, "from must not be after to")) satisfies z.ZodMiniType<
  ParamsOf<typeof getAnnotations>
>;

const findParams = z.object({
  search: z.string().check(z.maxLength(MAX_NAME)),
  limit: z.int().check(z.minimum(1), z.maximum(MAX_FOUND)),
}) satisfies z.ZodMiniType<ParamsOf<typeof findSeries>>;

const attention = z.object({
  focused: z.boolean(),
  dashboardVisible: z.boolean(),
  notifies: z.boolean(),
}) satisfies z.ZodMiniType<Attention>;

const logLevelParams = z.object({ level: logLevel }) satisfies z.ZodMiniType<ParamsOf<typeof setLogLevel>>;

/** A pid that is not positive would name a whole group of processes. */
const termination = z.object({
  pid: z.int().check(z.minimum(1), z.maximum(MAX_PID)),
  startedAt: z.number(),
  force: z.boolean(),
}) satisfies z.ZodMiniType<ParamsOf<typeof terminateProcess>>;

/** Checks `initializationOptions`. */
export function parseInitializeOptions(raw: unknown): Checked<InitializeOptions> {
  const checked = check(initializeOptions, raw, "initializationOptions");
  const spoken = typeof raw === "object" && raw !== null && "protocol" in raw ? raw.protocol : undefined;
  if (checked.ok || typeof spoken !== "number" || spoken === PROTOCOL_VERSION) return checked;
  // Another release may well have other options: that it is another one is what the user can mend.
  return {
    ok: false,
    reason:
      `The client speaks protocol ${String(spoken)}, this worker protocol ${String(PROTOCOL_VERSION)}: ` +
      "they are of different releases. Reload the window.",
  };
}

/** Checks the parameters of `setContext`. */
export function parseContext(raw: unknown): Checked<ClientContext> {
  return check(clientContext, raw, "the context");
}

/** Checks the parameters of `getHistory`. */
export function parseHistoryParams(raw: unknown): Checked<ParamsOf<typeof getHistory>> {
  return check(historyParams, raw, "the history query");
}

/** Checks the parameters of `getAnnotations`. */
export function parseAnnotationsParams(raw: unknown): Checked<ParamsOf<typeof getAnnotations>> {
  return check(annotationsParams, raw, "the question for annotations");
}

/** Checks the parameters of `findSeries`. */
export function parseFindParams(raw: unknown): Checked<ParamsOf<typeof findSeries>> {
  return check(findParams, raw, "the search for series");
}

/** Checks the parameters of `attentionChanged`. */
export function parseAttention(raw: unknown): Checked<Attention> {
  return check(attention, raw, "the attention");
}

/** Checks the parameters of `setLogLevel`. */
export function parseLogLevel(raw: unknown): Checked<ParamsOf<typeof setLogLevel>> {
  return check(logLevelParams, raw, "the log level");
}

/** Checks the parameters of `terminateProcess`. */
export function parseTermination(raw: unknown): Checked<ParamsOf<typeof terminateProcess>> {
  return check(termination, raw, "the process to end");
}

/** What a text holds as JSON; null where it is none. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Checks a value against a schema; `what` names it in the refusal. */
export function check<T>(schema: z.ZodMiniType<T>, raw: unknown, what: string): Checked<T> {
  const parsed = z.safeParse(schema, raw);
  if (parsed.success) return { ok: true, value: parsed.data };
  const [issue] = parsed.error.issues;
  const at = issue === undefined || issue.path.length === 0 ? "" : ` at ${issue.path.map(String).join(".")}`;
  return {
    ok: false,
    reason: `${what} cannot be used${at}: ${wordsOf(issue)}`.replace(/^./, (one) => one.toUpperCase()),
  };
}

/** zod/mini comes without words; these are ours. */
function wordsOf(issue: z.core.$ZodIssue | undefined): string {
  switch (issue?.code) {
    case "invalid_type":
      return `${issue.expected} expected`;
    case "invalid_value":
      return `one of ${issue.values.map(String).join(", ")} expected`;
    case "too_big":
      return `at most ${String(issue.maximum)} allowed`;
    case "too_small":
      return `at least ${String(issue.minimum)} expected`;
    case "custom":
      return issue.message;
    default:
      return issue?.message ?? "not usable";
  }
}
