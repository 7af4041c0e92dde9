/** What the doctor says of history: what the running store says of itself, and whether its place on disk is fit. */
import { constants } from "node:fs";
import { access, readdir, stat } from "node:fs/promises";
import path from "node:path";
import type { Finding, FindingStatus } from "../../protocol/doctor.ts";
import { formatBytes, formatDuration } from "../../protocol/format.ts";
import type { HistoryHealth } from "../../protocol/state.ts";
import type { LoadedConfig } from "../config/config.ts";
import type { Host } from "../host/host.ts";
import { statePaths } from "../host/paths.ts";
import { DEFAULT_TIERS, limitTiers } from "../octopus/store/tiers.ts";

const OTHERS_MAY = 0o077;
/** A folder of one machine, as the state paths name it. */
const MACHINE = /^[0-9a-f]{16}$/;

function finding(subject: string, status: FindingStatus, detail: string, mend = ""): Finding {
  return { group: "History", subject, status, detail, mend };
}

/** Looks at the store and its place. Nothing is created or changed. */
export async function historyFindings(host: Host, config: LoadedConfig, health: HistoryHealth): Promise<Finding[]> {
  const { enabled, retentionMs } = config.config.history;
  if (!enabled) {
    const mend = "Set gorgon.history.enabled (or history.enabled in gorgon.yaml) to true to keep history on disk.";
    return [finding("Keeping", "note", "switched off: charts show what happened since the worker started", mend)];
  }
  const { history, folder, moved } = await statePaths(host);
  const found: Finding[] = [];
  if (moved !== "") found.push(finding("Place", "note", moved));
  if (health.path !== "") found.push(keeping(health));
  else {
    const kept = formatDuration(limitTiers(DEFAULT_TIERS, retentionMs).retentionMs);
    found.push(finding("Keeping", "note", `kept for ${kept} at most by the worker in VS Code`));
  }
  found.push(await folderFinding(host, folder), await fileFinding(host, history));
  const others = await otherFolders(folder);
  if (others !== null) found.push(others);
  return found;
}

/** What a store that has a file says. */
function keeping(health: HistoryHealth): Finding {
  const size = `${String(health.series)} series, ${formatBytes(health.bytes)}, kept for ${formatDuration(health.retentionMs)} at most`;
  switch (health.mode) {
    case "writing":
      return finding(
        "Keeping",
        health.reason === "" ? "ok" : "note",
        join(`this worker writes; ${size}`, health.reason),
      );
    case "following":
      return finding("Keeping", "ok", join(`another worker writes, this one reads; ${size}`, health.reason));
    case "memory":
      return finding(
        "Keeping",
        "broken",
        join("in memory only: it ends with the worker", health.reason),
        "Mend what the reason names; the worker then goes back to the disk.",
      );
  }
}

function join(...parts: readonly string[]): string {
  return parts.filter((one) => one !== "").join(". ");
}

async function folderFinding(host: Host, folder: string): Promise<Finding> {
  let place = folder;
  let exists = true;
  for (;;) {
    try {
      const there = await stat(place);
      if (!there.isDirectory()) {
        return finding("Folder", "broken", `${place} is not a folder`, `Move ${place} away, or set XDG_STATE_HOME.`);
      }
      if (exists && host.platform !== "win32" && (there.mode & OTHERS_MAY) !== 0) {
        const mode = (there.mode & 0o777).toString(8);
        return finding("Folder", "note", `${folder} can be entered by others (mode ${mode})`, `chmod 700 ${folder}`);
      }
      break;
    } catch (error) {
      if (codeOf(error) === "EACCES") return notWritable("Folder", place);
      exists = false;
      const above = path.dirname(place);
      if (above === place) return finding("Folder", "broken", `${folder} cannot be made`, "Set XDG_STATE_HOME.");
      place = above;
    }
  }
  if (!(await writable(place))) return notWritable("Folder", place);
  return finding("Folder", "ok", exists ? `${folder}, for this user alone` : `${folder}, made when first needed`);
}

/** Histories under other machine ids: of machines that share this home, or of this one before its id changed. */
async function otherFolders(folder: string): Promise<Finding | null> {
  const above = path.dirname(folder);
  const names = await readdir(above).catch((): string[] => []);
  const found: string[] = [];
  for (const name of names.sort()) {
    if (name === path.basename(folder) || !MACHINE.test(name)) continue;
    const file = await stat(path.join(above, name, "history.db")).catch(() => null);
    if (file?.isFile() === true) found.push(`${name} (${formatBytes(file.size)})`);
  }
  if (found.length === 0) return null;
  const those = found.length === 1 ? "another machine id is" : `${String(found.length)} other machine ids are`;
  return finding(
    "Other ids",
    "note",
    `histories of ${those} left alone in ${above}: ${found.join(", ")}. They are of other machines that share this ` +
      `home, or of this one before its machine id changed (it is ${path.basename(folder)} now)`,
    `To go on with one, close all windows and give its folder the name ${path.basename(folder)}; else it may be deleted.`,
  );
}

async function fileFinding(host: Host, file: string): Promise<Finding> {
  try {
    const there = await stat(file);
    if (!there.isFile()) {
      return finding("File", "broken", `${file} is not a file`, `Move ${file} away; a new one is made.`);
    }
    if (!(await writable(file))) return notWritable("File", file);
    if (host.platform !== "win32" && (there.mode & OTHERS_MAY) !== 0) {
      const mode = (there.mode & 0o777).toString(8);
      return finding("File", "note", `${file} can be read by others (mode ${mode})`, `chmod 600 ${file}`);
    }
    return finding("File", "ok", `${file}, ${formatBytes(there.size)}`);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return finding("File", "note", `${file} is not there yet; nothing was kept so far`);
    return notWritable("File", file);
  }
}

function notWritable(subject: string, place: string): Finding {
  return finding(
    subject,
    "broken",
    `${place} cannot be written by this user`,
    `Give yourself the right to write ${place}, or set XDG_STATE_HOME to a folder that you own.`,
  );
}

async function writable(place: string): Promise<boolean> {
  try {
    await access(place, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
