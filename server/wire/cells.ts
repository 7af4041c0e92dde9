/** The schemas behind what cells cost: a kernel, another release or another program may have written it. */
import * as z from "zod/mini";
import {
  CELL_MEASURES,
  CELL_OUTCOMES,
  CELL_VERSION,
  QUALITIES,
  type CellGpu,
  type CellLimit,
  type CellMeasure,
  type CellRecord,
  type CellRef,
  type KernelRef,
  type Measure,
} from "../../protocol/cell.ts";
import { LEVELS } from "../../protocol/level.ts";
import type { ParamsOf } from "../../protocol/message.ts";
import type { getCells } from "../../protocol/messages/worker.ts";
import { check, type Checked } from "./wire.ts";

/** The longest text in a record, characters; the rest is cut off. */
const MAX_TEXT = 2000;
const MAX_ID = 200;
const MAX_GPUS = 32;
const MAX_NOTES = 64;
const MAX_PID = 2 ** 32;
/** The last moment that a `Date` can be. */
const MAX_TIME = 8.64e15;
/** Cells of one question, as many as a large notebook has; records of one answer: reading one back takes 25 us and more. */
const MAX_HASHES = 2000;
const MAX_RECORDS = 1000;

/** Controls, formatting (which can reorder text), line separators and lone surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** The text on one line without control characters, at most 2,000 characters long. */
function plain(text: string): string {
  return text.slice(0, MAX_TEXT).replace(UNPRINTABLE, "");
}

/** Any text, made safe. */
export const plainText = z.string().check(z.overwrite(plain));
/** A moment, milliseconds since the epoch. */
export const momentSchema = z.number().check(z.minimum(0), z.maximum(MAX_TIME));
/** A pid that is not positive would name a whole group of processes. */
export const pidSchema = z.int().check(z.minimum(1), z.maximum(MAX_PID));
/** A number of bytes. */
export const bytesSchema = z.number().check(z.minimum(0));
export const levelSchema = z.enum(LEVELS);

/** A name that is the same for ever: one that had to be cut could be another's. */
export const idSchema = z.string().check(
  z.minLength(1),
  z.maxLength(MAX_ID),
  z.refine((id) => plain(id) === id, "no control characters allowed"),
);

/** What says that there is no value says it in both fields. */
const measure = z
  .object({ value: z.nullable(z.number()), quality: z.enum(QUALITIES) })
  .check(
    z.overwrite((one) => (one.value === null || one.quality === "none" ? { value: null, quality: "none" } : one)),
  ) satisfies z.ZodMiniType<Measure>;

/** Names that this release does not know are left out. */
const measures = z.object(
  Object.fromEntries(CELL_MEASURES.map((name) => [name, z.exactOptional(measure)])) as Record<
    CellMeasure,
    z.ZodMiniExactOptional<typeof measure>
  >,
);

const gpu = z.object({
  index: z.int().check(z.minimum(0)),
  name: plainText,
  scope: z.enum(["allocator", "process", "device"]),
  source: plainText,
  peakBytes: measure,
  deltaBytes: measure,
}) satisfies z.ZodMiniType<CellGpu>;

const hash = z.string().check(z.regex(/^(?:[0-9a-f]{40})?$/, "SHA-1 in hexadecimal expected"));

/** Which cell it was. */
export const cellRefSchema = z.object({
  id: z.nullable(plainText),
  executionCount: z.nullable(z.int()),
  hash,
  label: plainText,
}) satisfies z.ZodMiniType<CellRef>;

/** The process that runs the code. */
export const kernelRefSchema = z.object({
  pid: pidSchema,
  startedAt: momentSchema,
  language: plainText,
  host: plainText,
}) satisfies z.ZodMiniType<KernelRef>;

const limit = z.object({
  bytes: bytesSchema,
  source: plainText,
  share: z.number().check(z.minimum(0)),
}) satisfies z.ZodMiniType<CellLimit>;

/** One run of one cell. */
export const cellRecordSchema = z.object({
  v: z.literal(CELL_VERSION),
  id: idSchema,
  kernel: kernelRefSchema,
  cell: cellRefSchema,
  startedAt: momentSchema,
  endedAt: momentSchema,
  outcome: z.enum(CELL_OUTCOMES),
  error: plainText,
  measures,
  gpus: z.array(gpu).check(z.overwrite((all) => all.slice(0, MAX_GPUS))),
  limit: z.nullable(limit),
  level: levelSchema,
  overlap: z.boolean(),
  by: z.enum(["kernel", "outside"]),
  notes: z.array(plainText).check(z.overwrite((all) => all.slice(0, MAX_NOTES))),
}) satisfies z.ZodMiniType<CellRecord>;

const cellsParams = z
  .object({
    from: z.number(),
    to: z.number(),
    kernel: z.nullable(z.object({ pid: pidSchema, startedAt: momentSchema })),
    hashes: z.array(hash).check(z.maxLength(MAX_HASHES)),
    limit: z.int().check(z.minimum(1), z.maximum(MAX_RECORDS)),
  })
  .check(z.refine((asked) => asked.from <= asked.to, "from must not be after to")) satisfies z.ZodMiniType<
  ParamsOf<typeof getCells>
>;

/** Checks the record of a cell. */
export function parseCellRecord(raw: unknown): Checked<CellRecord> {
  return check(cellRecordSchema, raw, "the cell's record");
}

/** Checks the parameters of `getCells`. */
export function parseCellsParams(raw: unknown): Checked<ParamsOf<typeof getCells>> {
  return check(cellsParams, raw, "the question for cells");
}
