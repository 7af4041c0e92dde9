/** Reads the `watches` of a `gorgon.yaml`. A watch that is wrong is refused by itself; the others stand. */
import nodePath from "node:path";
import type { Host } from "../host/host.ts";
import { entriesOf, unknownKey } from "./layer.ts";
import { type PlacedProblem, problem } from "./problem.ts";
import type { Watch } from "./watch.ts";

const KNOWN = ["id", "path", "process", "pid"] as const;
/** More watches than anybody needs in one file; each costs a few series. */
const MAX_WATCHES = 50;
const MAX_PATH = 4096;
const MAX_NAME = 200;
/** The kernel's own limit (PID_MAX_LIMIT). */
const MAX_PID = 2 ** 22;
const ID = /^[a-z][a-z0-9-]{0,63}$/;

/** Where watches come from. */
export interface WatchFile {
  readonly path: string;
  /** E.g. `user file`, `workspace demo`. */
  readonly origin: string;
  /** The workspace folder that relative paths count from, and its name; null for the user's file. */
  readonly workspace: { readonly name: string; readonly folder: string } | null;
}

/** What a file's watches came to. */
export interface ReadWatches {
  readonly watches: readonly Watch[];
  readonly problems: readonly PlacedProblem[];
}

interface Fault {
  readonly name: string;
  readonly raw: unknown;
  readonly message: string;
  readonly part?: "key";
  readonly more?: Pick<PlacedProblem, "suggestions">;
}

/**
 * Checks the watches of one file. `taken` holds the ids in use, with who uses them; it is added to. A refused watch
 * gives way to the last good one of the same id and origin among `previous`.
 */
export function readWatches(
  raw: unknown,
  file: WatchFile,
  host: Pick<Host, "platform" | "env">,
  taken: Map<string, string>,
  previous: readonly Watch[],
): ReadWatches {
  if (raw === undefined || raw === null) return { watches: [], problems: [] };
  if (!Array.isArray(raw)) {
    const message = "It must be a list of watches, each with an id and a path, a process or a pid.";
    return { watches: [], problems: [problem(file.path, "watches", raw, message)] };
  }
  const watches: Watch[] = [];
  const problems: PlacedProblem[] = [];
  if (raw.length > MAX_WATCHES) {
    const message = `Only the first ${String(MAX_WATCHES)} watches of a file are used.`;
    problems.push(problem(file.path, "watches", raw.length, message));
  }
  for (const [index, item] of (raw as readonly unknown[]).slice(0, MAX_WATCHES).entries()) {
    const read = readWatch(item, file, host, taken);
    const lastGood =
      read.watch === null
        ? previous.find((one) => one.id === read.id && one.origin === file.origin && !taken.has(one.id))
        : undefined;
    const kept = read.watch ?? lastGood;
    if (kept !== undefined) {
      watches.push(kept);
      taken.set(kept.id, file.origin);
    }
    const where = read.id === "" ? `watches[${String(index)}]` : `watches.${read.id}`;
    const instead = lastGood === undefined ? "The watch is left out." : "The watch stays as it was.";
    for (const fault of read.faults) {
      const key = fault.name === "" ? where : `${where}.${fault.name}`;
      const place = {
        path: ["watches", index, ...(fault.name === "" ? [] : [fault.name])],
        part: fault.part ?? "value",
      } as const;
      problems.push(problem(file.path, key, fault.raw, `${fault.message} ${instead}`, { ...fault.more, place }));
    }
  }
  return { watches, problems };
}

function readWatch(
  item: unknown,
  file: WatchFile,
  host: Pick<Host, "platform" | "env">,
  taken: ReadonlyMap<string, string>,
): { readonly watch: Watch | null; readonly id: string; readonly faults: readonly Fault[] } {
  const entries = entriesOf(item);
  if (entries === null) {
    const message = "A watch must hold id, and path, process or pid.";
    return { watch: null, id: "", faults: [{ name: "", raw: item, message }] };
  }
  const given = new Map(entries.filter(([, value]) => value !== null));
  const faults: Fault[] = [];
  const fault = (name: string, message: string) => faults.push({ name, raw: given.get(name), message });
  for (const [name, value] of entries) {
    if ((KNOWN as readonly string[]).includes(name)) continue;
    const { message, suggestions = [] } = unknownKey("", "", name, value, KNOWN);
    faults.push({ name: name.slice(0, 80), raw: value, message, part: "key", more: { suggestions } });
  }
  const rawId = given.get("id");
  const id = typeof rawId === "string" && ID.test(rawId) ? rawId : "";
  if (id === "") fault("id", "It must be small letters, digits and dashes, and begin with a letter, like backups.");
  else if (taken.has(id)) fault("id", `This id is used already (${taken.get(id) ?? ""}): choose another.`);

  const kinds = (["path", "process", "pid"] as const).filter((name) => given.has(name));
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    fault(kinds[1] ?? "", "A watch needs one of path, process and pid, and only one.");
    return { watch: null, id, faults };
  }
  const common = { id, origin: file.origin, workspace: file.workspace?.name ?? "" };
  let watch: Watch | null = null;
  const value = given.get(kind);
  if (kind === "path") {
    const path = pathOf(value, file, host);
    if (typeof path === "string") watch = { ...common, kind: "file", path };
    else fault("path", path.allowed);
  } else if (kind === "process") {
    const name = typeof value === "string" ? value.trim() : "";
    if (name === "" || name.length > MAX_NAME || name.includes("/") || /^[*]+$/.test(name)) {
      fault("process", "It must be a program's name, * and ? allowed, like postgres or python*.");
    } else watch = { ...common, kind: "process", name, pid: 0 };
  } else if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > MAX_PID) {
    fault("pid", "It must be the number of a process.");
  } else watch = { ...common, kind: "process", name: "", pid: value };
  return { watch: faults.length > 0 ? null : watch, id, faults };
}

/** The absolute path with slashes that a text stands for, or what would have been allowed. */
function pathOf(
  raw: unknown,
  file: WatchFile,
  host: Pick<Host, "platform" | "env">,
): string | { readonly allowed: string } {
  const windows = host.platform === "win32";
  const rules = windows ? nodePath.win32 : nodePath.posix;
  const from = file.workspace === null ? "an absolute path" : "a path";
  const allowed = `It must be ${from}, like ${windows ? "C:\\backups\\*.zip" : "/var/backups/*.gz"} or ~/models; * and ? are allowed, ** is not.`;
  if (typeof raw !== "string" || raw.trim() === "" || raw.length > MAX_PATH || raw.includes("\0")) return { allowed };
  if (raw.includes("**")) return { allowed };
  let text = raw.trim();
  if (text === "~" || text.startsWith("~/") || (windows && text.startsWith("~\\"))) {
    const home = host.env[windows ? "USERPROFILE" : "HOME"] ?? "";
    if (home === "") return { allowed: `${windows ? "USERPROFILE" : "HOME"} is not set, so ~ means nothing here.` };
    text = rules.join(home, text.slice(1));
  }
  if (!rules.isAbsolute(text)) {
    if (file.workspace === null) return { allowed };
    text = rules.join(file.workspace.folder, text);
  }
  const normal = rules.normalize(text);
  return windows ? normal.replaceAll("\\", "/") : normal;
}
