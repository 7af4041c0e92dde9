/** What the doctor says of history: what the running store says of itself, and whether its place on disk is fit. */
import { constants } from "node:fs";
import { access, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { t } from "@vscode/l10n";
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
  return { group: t("History"), subject, status, detail, mend };
}

/** Looks at the store and its place. Nothing is created or changed. */
export async function historyFindings(host: Host, config: LoadedConfig, health: HistoryHealth): Promise<Finding[]> {
  const { enabled, retentionMs } = config.config.history;
  if (!enabled) {
    const mend = t("Set gorgon.history.enabled (or history.enabled in gorgon.yaml) to true to keep history on disk.");
    return [finding(t("Keeping"), "note", t("switched off: charts show what happened since the worker started"), mend)];
  }
  const { history, folder, moved } = await statePaths(host);
  const found: Finding[] = [];
  if (moved !== "") found.push(finding(t("Place"), "note", moved));
  if (health.path !== "") found.push(keeping(health));
  else {
    const kept = formatDuration(limitTiers(DEFAULT_TIERS, retentionMs).retentionMs);
    found.push(finding(t("Keeping"), "note", t("kept for {0} at most by the worker in VS Code", kept)));
  }
  found.push(await folderFinding(host, folder), await fileFinding(host, history));
  const others = await otherFolders(folder);
  if (others !== null) found.push(others);
  return found;
}

/** What a store that has a file says. */
function keeping(health: HistoryHealth): Finding {
  const size = t("{series} series, {bytes}, kept for {time} at most", {
    ...{ series: health.series, bytes: formatBytes(health.bytes), time: formatDuration(health.retentionMs) },
  });
  switch (health.mode) {
    case "writing":
      return finding(
        t("Keeping"),
        health.reason === "" ? "ok" : "note",
        join(t("this worker writes; {0}", size), health.reason),
      );
    case "following":
      return finding(t("Keeping"), "ok", join(t("another worker writes, this one reads; {0}", size), health.reason));
    case "memory":
      return finding(
        t("Keeping"),
        "broken",
        join(t("in memory only: it ends with the worker"), health.reason),
        t("Mend what the reason names; the worker then goes back to the disk."),
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
        return finding(
          t("Folder"),
          "broken",
          t("{0} is not a folder", place),
          t("Move {0} away, or set XDG_STATE_HOME.", place),
        );
      }
      if (exists && host.platform !== "win32" && (there.mode & OTHERS_MAY) !== 0) {
        const mode = (there.mode & 0o777).toString(8);
        return finding(
          t("Folder"),
          "note",
          t("{0} can be entered by others (mode {1})", folder, mode),
          `chmod 700 ${folder}`,
        );
      }
      break;
    } catch (error) {
      if (codeOf(error) === "EACCES") return notWritable(t("Folder"), place);
      exists = false;
      const above = path.dirname(place);
      if (above === place)
        return finding(t("Folder"), "broken", t("{0} cannot be made", folder), t("Set XDG_STATE_HOME."));
      place = above;
    }
  }
  if (!(await writable(place))) return notWritable(t("Folder"), place);
  return finding(
    t("Folder"),
    "ok",
    exists ? t("{0}, for this user alone", folder) : t("{0}, made when first needed", folder),
  );
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
  const now = path.basename(folder);
  const left =
    found.length === 1
      ? t("histories of another machine id are left alone in {0}: {1}.", above, found.join(", "))
      : t("histories of {0} other machine ids are left alone in {1}: {2}.", found.length, above, found.join(", "));
  return finding(
    t("Other ids"),
    "note",
    `${left} ` +
      t(
        "They are of other machines that share this home, or of this one before its machine id changed (it is {0} now)",
        now,
      ),
    t("To go on with one, close all windows and give its folder the name {0}; else it may be deleted.", now),
  );
}

async function fileFinding(host: Host, file: string): Promise<Finding> {
  try {
    const there = await stat(file);
    if (!there.isFile()) {
      return finding(t("File"), "broken", t("{0} is not a file", file), t("Move {0} away; a new one is made.", file));
    }
    if (!(await writable(file))) return notWritable(t("File"), file);
    if (host.platform !== "win32" && (there.mode & OTHERS_MAY) !== 0) {
      const mode = (there.mode & 0o777).toString(8);
      return finding(t("File"), "note", t("{0} can be read by others (mode {1})", file, mode), `chmod 600 ${file}`);
    }
    return finding(t("File"), "ok", `${file}, ${formatBytes(there.size)}`);
  } catch (error) {
    if (codeOf(error) === "ENOENT")
      return finding(t("File"), "note", t("{0} is not there yet; nothing was kept so far", file));
    return notWritable(t("File"), file);
  }
}

function notWritable(subject: string, place: string): Finding {
  return finding(
    subject,
    "broken",
    t("{0} cannot be written by this user", place),
    t("Give yourself the right to write {0}, or set XDG_STATE_HOME to a folder that you own.", place),
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
