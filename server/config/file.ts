/** Reads one `gorgon.yaml` into plain maps, bounded in every way: size, encoding, aliases, depth. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { LineCounter, parseDocument } from "yaml";

/** A configuration file is text written by hand; more than this is a mistake. */
export const MAX_FILE_BYTES = 1024 * 1024;
/** Aliases are fine; thousands of expansions are an attack. */
const MAX_ALIASES = 50;

/** What became of a file. `broken`: it is there, but nothing in it can be used. */
export type ReadFile =
  | { readonly status: "absent" }
  | { readonly status: "read"; readonly root: ReadonlyMap<unknown, unknown> }
  | { readonly status: "broken"; readonly at: string; readonly reason: string };

/** A file that is there but cannot be used, with the reason in words. */
class Unusable extends Error {
  override readonly name = "Unusable";
}

/** Reads and parses a file. Never rejects. */
export async function readYaml(path: string): Promise<ReadFile> {
  let text: string;
  try {
    text = decode(await readBounded(path));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return { status: "absent" };
    return { status: "broken", at: "", reason: error instanceof Error ? error.message : String(error) };
  }
  return parseYaml(text);
}

/** Parses the text of a `gorgon.yaml`. Never throws. */
export function parseYaml(text: string): ReadFile {
  const lines = new LineCounter();
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${String(line)}:${String(col)}`;
  };
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: false });
    // An unknown tag is only a warning to the parser, but its value would not be what was meant.
    const wrong = document.errors[0] ?? document.warnings[0];
    if (wrong !== undefined) return { status: "broken", at: place(wrong.pos[0]), reason: wrong.message };
    // Maps, because a key called __proto__ must stay a key.
    const root: unknown = document.toJS({ mapAsMap: true, maxAliasCount: MAX_ALIASES });
    if (root === null || root === undefined) return { status: "read", root: new Map() };
    if (root instanceof Map) return { status: "read", root };
    return { status: "broken", at: "1:1", reason: "the file must hold keys with values, like interval: 2s" };
  } catch (error) {
    return { status: "broken", at: "", reason: error instanceof Error ? error.message : String(error) };
  }
}

async function readBounded(path: string): Promise<Buffer> {
  // A pipe under this name must not hold the worker up.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new Unusable("it is not a regular file");
    if (found.size > MAX_FILE_BYTES) throw tooBig();
    const buffer = Buffer.alloc(MAX_FILE_BYTES + 1);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    // It may have grown since.
    if (bytesRead > MAX_FILE_BYTES) throw tooBig();
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function tooBig(): Unusable {
  return new Unusable("it is larger than 1 MiB, which no configuration is");
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Unusable("it is not valid UTF-8; save it as UTF-8");
  }
}
