/** Reads a `gorgon.yaml` from the disk: only a regular file, of bounded size, in UTF-8. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { t } from "@vscode/l10n";
import { MAX_FILE_BYTES, parseYaml, tooBig, type ParsedYaml } from "./yaml.ts";

/** What became of a file. `broken`: it is there, but nothing in it can be used. */
export type ReadFile = { readonly status: "absent" } | ParsedYaml;

/** A file that is there but cannot be used, with the reason in words. */
class Unusable extends Error {
  override readonly name = "Unusable";
}

/** Reads and parses a file. Never rejects. */
export async function readYaml(path: string): Promise<ReadFile> {
  const read = await readText(path);
  if (read.status !== "read") return read;
  return parseYaml(read.text);
}

/** Reads a file's text, without parsing it. Never rejects. */
export async function readText(
  path: string,
): Promise<Exclude<ReadFile, { status: "read" }> | { readonly status: "read"; readonly text: string }> {
  try {
    return { status: "read", text: decode(await readBounded(path)) };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return { status: "absent" };
    const reason = error instanceof Error ? error.message : String(error);
    return { status: "broken", faults: [{ reason, range: { line: 1, column: 1, endLine: 1, endColumn: 2 } }] };
  }
}

async function readBounded(path: string): Promise<Buffer> {
  // A pipe under this name must not hold the worker up.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new Unusable(t("it is not a regular file"));
    if (found.size > MAX_FILE_BYTES) throw new Unusable(tooBig());
    const buffer = Buffer.alloc(MAX_FILE_BYTES + 1);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    // It may have grown since.
    if (bytesRead > MAX_FILE_BYTES) throw new Unusable(tooBig());
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Unusable(t("it is not valid UTF-8; save it as UTF-8"));
  }
}
