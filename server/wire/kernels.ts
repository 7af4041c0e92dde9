/** The schemas behind kernels: what their packages and guards say, what windows ask, and what a leader tells of them. */
import * as z from "zod/mini";
import type { CellRecord } from "../../protocol/cell.ts";
import {
  DEATH_CAUSES,
  GUARD_ANSWERS,
  GUARD_STATES,
  type DeathEvidence,
  type GuardState,
  type KernelDeath,
  type KernelsState,
  type KernelState,
  type KernelUsage,
  type RunningCell,
} from "../../protocol/kernel.ts";
import type { ParamsOf } from "../../protocol/message.ts";
import type { kernelHost } from "../../protocol/messages/jupyter.ts";
import type { guardState, kernelCellEnded, kernelCellStarted, KernelHello } from "../../protocol/messages/kernel.ts";
import type { KernelAct } from "../../protocol/messages/leader.ts";
import type { answerGuard, kernelRuns, measureRun } from "../../protocol/messages/worker.ts";
import {
  bytesSchema,
  cellRecordSchema,
  cellRefSchema,
  idSchema,
  kernelRefSchema,
  levelSchema,
  momentSchema,
  pidSchema,
  plainText,
} from "./cells.ts";
import { check, type Checked } from "./wire.ts";

const MAX_TOKEN = 1000;
const MAX_PATH = 4096;
/** More than any user has; what is beyond is left out. */
const MAX_KERNELS = 1000;
const MAX_ANCESTORS = 100;
const MAX_EVIDENCE = 32;

/** A path that had to be mended would be another's. */
const path = z.string().check(
  z.maxLength(MAX_PATH),
  // eslint-disable-next-line no-control-regex -- this is about them
  z.refine((one) => !/[\u0000-\u001f\u007f]/.test(one), "no control characters allowed"),
);
const count = z.int().check(z.minimum(0));

const hello = z.object({
  protocol: z.number(),
  token: z.string().check(z.maxLength(MAX_TOKEN)),
  role: z.enum(["kernel", "guard", "server"]),
  kernel: kernelRefSchema,
  version: plainText,
  executable: path,
  faults: path,
  box: z.optional(path),
}) satisfies z.ZodMiniType<KernelHello>;

const started = z.object({ cell: cellRefSchema, startedAt: momentSchema }) satisfies z.ZodMiniType<
  ParamsOf<typeof kernelCellStarted>
>;
const ended = z.object({ record: cellRecordSchema }) satisfies z.ZodMiniType<ParamsOf<typeof kernelCellEnded>>;

const guard = z.object({
  phase: z.enum(GUARD_STATES),
  limitBytes: bytesSchema,
  treeBytes: bytesSchema,
  since: momentSchema,
  reason: plainText,
}) satisfies z.ZodMiniType<GuardState>;
const guarded = z.object({ state: z.nullable(guard) }) satisfies z.ZodMiniType<ParamsOf<typeof guardState>>;

const usage = z.object({
  time: momentSchema,
  rssBytes: bytesSchema,
  treeBytes: z.nullable(bytesSchema),
  cores: z.nullable(z.number().check(z.minimum(0))),
  children: count,
  threads: count,
  gpuBytes: z.nullable(bytesSchema),
}) satisfies z.ZodMiniType<KernelUsage>;

const running = z.object({
  cell: cellRefSchema,
  startedAt: momentSchema,
  peakBytes: bytesSchema,
}) satisfies z.ZodMiniType<RunningCell>;

const limit = z.object({ bytes: bytesSchema, source: plainText });

/** Where a kernel is to be found. */
const place = {
  kernel: kernelRefSchema,
  connection: plainText,
  folder: plainText,
  ancestors: z.array(pidSchema).check(z.overwrite((all) => all.slice(0, MAX_ANCESTORS))),
};

const kernel = z.object({
  ...place,
  measured: z.boolean(),
  usage: z.nullable(usage),
  running: z.nullable(running),
  limit: z.nullable(limit),
  level: levelSchema,
  guard: z.nullable(guard),
}) satisfies z.ZodMiniType<KernelState>;

const evidence = z.object({ source: plainText, says: plainText }) satisfies z.ZodMiniType<DeathEvidence>;

const death = z.object({
  id: idSchema,
  ...place,
  time: momentSchema,
  cause: z.enum(DEATH_CAUSES),
  signal: plainText,
  exitCode: z.nullable(z.int()),
  evidence: z.array(evidence).check(z.overwrite((all) => all.slice(0, MAX_EVIDENCE))),
  cell: z.nullable(cellRefSchema),
  cellStartedAt: z.nullable(momentSchema),
  lastBytes: z.nullable(bytesSchema),
  lastAt: z.nullable(momentSchema),
  limit: z.nullable(limit),
  sentence: plainText,
  mend: plainText,
}) satisfies z.ZodMiniType<KernelDeath>;

const kernels = z.object({
  time: momentSchema,
  kernels: z.array(kernel).check(z.overwrite((all) => all.slice(0, MAX_KERNELS))),
  deaths: z.array(death).check(z.overwrite((all) => all.slice(0, MAX_KERNELS))),
}) satisfies z.ZodMiniType<KernelsState>;

const id = { pid: pidSchema, startedAt: momentSchema };
const said = { ...id, cell: z.nullable(cellRefSchema), leaving: z.boolean() };
const runs = z.object(said) satisfies z.ZodMiniType<ParamsOf<typeof kernelRuns>>;
const measure = z
  .object({
    ...id,
    cell: cellRefSchema,
    from: momentSchema,
    to: momentSchema,
    outcome: z.enum(["ok", "error", "interrupted"]),
  })
  .check(z.refine((run) => run.from <= run.to, "from must not be after to")) satisfies z.ZodMiniType<
  ParamsOf<typeof measureRun>
>;
const answer = z.object({ ...id, answer: z.enum(GUARD_ANSWERS) }) satisfies z.ZodMiniType<ParamsOf<typeof answerGuard>>;
const act = z.union([
  z.object({ runs: z.object({ ...said, since: momentSchema }) }),
  z.object({ measure }),
  z.object({ guard: answer }),
  z.object({ find: z.literal(true) }),
]) satisfies z.ZodMiniType<KernelAct>;
const hostQuestion = z.nullable(z.object({ watched: z.boolean() })) satisfies z.ZodMiniType<
  ParamsOf<typeof kernelHost>
>;
const acted = z.object({ record: z.nullable(cellRecordSchema) });

/** Checks the first word of a kernel's package, of its guard, or of a Jupyter server's extension. */
export function parseKernelHello(raw: unknown): Checked<KernelHello> {
  return check(hello, raw, "the kernel's greeting");
}

/** Checks a Jupyter server's question after the machine. */
export function parseHostQuestion(raw: unknown): Checked<ParamsOf<typeof kernelHost>> {
  return check(hostQuestion, raw, "the question after the machine");
}

/** Checks that a cell began. */
export function parseCellStarted(raw: unknown): Checked<ParamsOf<typeof kernelCellStarted>> {
  return check(started, raw, "the begin of a cell");
}

/** Checks that a cell ended. */
export function parseCellEnded(raw: unknown): Checked<ParamsOf<typeof kernelCellEnded>> {
  return check(ended, raw, "the end of a cell");
}

/** Checks what a memory guard sees. */
export function parseGuardState(raw: unknown): Checked<ParamsOf<typeof guardState>> {
  return check(guarded, raw, "the guard's state");
}

/** Checks the leader's kernels. */
export function parseKernels(raw: unknown): Checked<KernelsState> {
  return check(kernels, raw, "the leader's kernels");
}

/** Checks the record that a leader tells. */
export function parseLinkCell(raw: unknown): Checked<{ readonly record: CellRecord }> {
  return check(ended, raw, "the leader's record of a cell");
}

/** Checks what a follower's window says of a kernel, or wants done with it. */
export function parseKernelAct(raw: unknown): Checked<KernelAct> {
  return check(act, raw, "what was to be done with a kernel");
}

/** Checks the leader's answer to it. */
export function parseKernelActed(raw: unknown): Checked<{ readonly record: CellRecord | null }> {
  return check(acted, raw, "the answer to what was to be done with a kernel");
}

/** Checks the parameters of `kernelRuns`. */
export function parseRuns(raw: unknown): Checked<ParamsOf<typeof kernelRuns>> {
  return check(runs, raw, "what a kernel runs");
}

/** Checks the parameters of `measureRun`. */
export function parseMeasureRun(raw: unknown): Checked<ParamsOf<typeof measureRun>> {
  return check(measure, raw, "the run to measure");
}

/** Checks the parameters of `answerGuard`. */
export function parseGuardAnswer(raw: unknown): Checked<ParamsOf<typeof answerGuard>> {
  return check(answer, raw, "the answer to a guard");
}
