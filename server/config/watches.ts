/** Reads the `watches` of a `gorgon.yaml`. */
import nodePath from "node:path";
import { t } from "@vscode/l10n";
import type { Host } from "../host/host.ts";
import { readList, type Entry, type ListFile, type ListShape, type ReadList } from "./named-list.ts";
import type { Watch } from "./watch.ts";

const KNOWN = ["id", "path", "process", "pid"] as const;
/** More watches than anybody needs in one file; each costs a few series. */
const MAX_WATCHES = 50;
const MAX_PATH = 4096;
const MAX_NAME = 200;
/** The kernel's own limit (PID_MAX_LIMIT). */
const MAX_PID = 2 ** 22;

/** Where watches come from. */
export interface WatchFile extends ListFile {
  /** The workspace folder that relative paths count from, and its name; null for the user's file. */
  readonly workspace: { readonly name: string; readonly folder: string } | null;
}

/** Checks the watches of one file; see `readList`. */
export function readWatches(
  raw: unknown,
  file: WatchFile,
  host: Pick<Host, "platform" | "env">,
  taken: Map<string, string>,
  previous: readonly Watch[],
): ReadList<Watch> {
  const shape: ListShape<Watch> = {
    key: "watches",
    leftOut: t("The watch is left out."),
    staysAsItWas: t("The watch stays as it was."),
    most: MAX_WATCHES,
    listMessage: t("It must be a list of watches, each with an id and a path, a process or a pid."),
    entryMessage: t("A watch must hold id, and path, process or pid."),
    known: KNOWN,
    example: "backups",
    read: (entry) => readWatch(entry, file, host),
  };
  return readList(raw, file, shape, taken, previous);
}

function readWatch(entry: Entry, file: WatchFile, host: Pick<Host, "platform" | "env">): Watch | null {
  const kinds = (["path", "process", "pid"] as const).filter((name) => entry.has(name));
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    entry.fault(kinds[1] ?? "", t("A watch needs one of path, process and pid, and only one."));
    return null;
  }
  const common = { id: entry.id, origin: file.origin, workspace: file.workspace?.name ?? "" };
  const value = entry.get(kind);
  if (kind === "path") {
    const path = pathOf(value, file, host);
    if (typeof path === "string") return { ...common, kind: "file", path };
    entry.fault("path", path.allowed);
  } else if (kind === "process") {
    const name = typeof value === "string" ? value.trim() : "";
    const right = name !== "" && name.length <= MAX_NAME && !name.includes("/") && !/^[*]+$/.test(name);
    if (right) return { ...common, kind: "process", name, pid: 0 };
    entry.fault("process", t("It must be a program's name, * and ? allowed, like postgres or python*."));
  } else {
    const right = typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MAX_PID;
    if (right) return { ...common, kind: "process", name: "", pid: value };
    entry.fault("pid", t("It must be the number of a process."));
  }
  return null;
}

/** The absolute path with slashes that a text stands for, or what would have been allowed. */
function pathOf(
  raw: unknown,
  file: WatchFile,
  host: Pick<Host, "platform" | "env">,
): string | { readonly allowed: string } {
  const windows = host.platform === "win32";
  const rules = windows ? nodePath.win32 : nodePath.posix;
  const example = windows ? "C:\\backups\\*.zip" : "/var/backups/*.gz";
  const allowed =
    file.workspace === null
      ? t("It must be an absolute path, like {0} or ~/models; * and ? are allowed, ** is not.", example)
      : t("It must be a path, like {0} or ~/models; * and ? are allowed, ** is not.", example);
  if (typeof raw !== "string" || raw.trim() === "" || raw.length > MAX_PATH || raw.includes("\0")) return { allowed };
  if (raw.includes("**")) return { allowed };
  let text = raw.trim();
  if (text === "~" || text.startsWith("~/") || (windows && text.startsWith("~\\"))) {
    const home = host.env[windows ? "USERPROFILE" : "HOME"] ?? "";
    if (home === "")
      return { allowed: t("{0} is not set, so ~ means nothing here.", windows ? "USERPROFILE" : "HOME") };
    text = rules.join(home, text.slice(1));
  }
  if (!rules.isAbsolute(text)) {
    if (file.workspace === null) return { allowed };
    text = rules.join(file.workspace.folder, text);
  }
  const normal = rules.normalize(text);
  return windows ? normal.replaceAll("\\", "/") : normal;
}
