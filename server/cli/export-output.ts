/** Where an export goes: to stdout no faster than it is read, or into a file that appears when it is complete. */
import { randomBytes } from "node:crypto";
import { chmod, lstat, open, rename, rm } from "node:fs/promises";
import path from "node:path";
import type { CliIo, CliStream } from "./io.ts";
import { UsageError } from "./io.ts";

/** Lines are written this many characters at a time. */
const BATCH = 65_536;

/** Lines put together to batches. Between two of them the event loop turns, so that Ctrl+C is heard. */
async function* batches(lines: AsyncIterable<string> | Iterable<string>, signal?: AbortSignal): AsyncGenerator<string> {
  let batch = "";
  for await (const line of lines) {
    batch += line;
    if (batch.length < BATCH) continue;
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    yield batch;
    batch = "";
  }
  if (batch !== "") yield batch;
}

/** Writes the lines, and waits whenever the reader is slower. Rejects with the signal's reason when it aborts. */
export async function toStream(lines: AsyncIterable<string> | Iterable<string>, io: CliIo): Promise<void> {
  for await (const batch of batches(lines, io.signal)) {
    if (io.stdout.write(batch) === false) await drained(io.stdout, io.signal);
  }
}

function drained(stream: CliStream, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = () => {
      reject(signal?.reason as Error);
    };
    if (signal?.aborted === true) {
      gone();
      return;
    }
    // The reader has gone: it will never be drained.
    signal?.addEventListener("abort", gone, { once: true });
    stream.once?.("drain", () => {
      signal?.removeEventListener("abort", gone);
      resolve();
    });
  });
}

/** Writes the lines into a file of one's own. Rejects with the signal's reason when it aborts. */
export async function toFile(
  lines: AsyncIterable<string> | Iterable<string>,
  file: string,
  signal?: AbortSignal,
): Promise<void> {
  const handle = await open(file, "wx", 0o600);
  try {
    for await (const batch of batches(lines, signal)) await handle.writeFile(batch);
  } finally {
    await handle.close();
  }
}

/**
 * Lets `write` make a file beside `output` and puts it in its place: readable by this user only, complete or not there
 * at all; a file that was there stays until then. Throws UsageError when `output` can be no file.
 */
export async function complete(
  output: string,
  write: (file: string) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const full = path.resolve(output);
  const there = await lstat(full).catch(() => null);
  if (there?.isFile() === false) {
    throw new UsageError(`${output} is there and is not a file: choose another name for --output.`);
  }
  const partial = path.join(path.dirname(full), `.${path.basename(full)}.${randomBytes(6).toString("hex")}.partial`);
  try {
    await write(partial);
    signal?.throwIfAborted();
    await chmod(partial, 0o600);
    await rename(partial, full);
  } finally {
    await rm(partial, { force: true });
  }
}
