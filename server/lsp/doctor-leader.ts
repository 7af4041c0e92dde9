/** What the doctor says of the workers of one user: who leads, by which lock, over which socket, and who follows. */
import { t } from "@vscode/l10n";
import type { Finding, FindingStatus } from "../../protocol/doctor.ts";
import { formatDuration, formatRole } from "../../protocol/format.ts";
import type { Host } from "../host/host.ts";
import { statePaths } from "../host/paths.ts";
import type { Leadership, LeadershipReport } from "../octopus/leader/leadership.ts";
import { lookForLeader } from "../octopus/leader/look.ts";
import type { Follower } from "../octopus/leader/server.ts";
import { VERSION } from "../version.ts";

function finding(subject: string, status: FindingStatus, detail: string, mend = ""): Finding {
  return { group: t("Windows"), subject, status, detail, mend };
}

/** Looks at who leads. Nothing is created or changed. */
export async function leaderFindings(host: Host, leadership: Leadership | null): Promise<Finding[]> {
  const { leader: lock, announcement, moved } = await statePaths(host);
  const place = finding(
    t("Lock"),
    "ok",
    moved === "" ? lock : t("{0}, on a local disk because its usual folder is not", lock),
  );
  if (leadership !== null) return [...ownFindings(leadership.report()), place];
  const look = await lookForLeader(announcement, { pid: process.pid, version: VERSION }, host.clock);
  if (look.leader === null) {
    const detail =
      look.reason === "" ? t("no window of VS Code leads now") : t("no window of VS Code leads now ({0})", look.reason);
    return [finding(t("Leader"), "note", detail), place];
  }
  const { pid, version } = look.leader;
  return [
    finding(t("Leader"), "ok", t("the window of process {0} leads, with Gorgon {1}", pid, version)),
    finding(t("Socket"), "ok", look.socket),
    place,
  ];
}

function ownFindings({ role, socket, followers }: LeadershipReport): Finding[] {
  const words = formatRole(role);
  const mend = t(
    "Mend what the reason names; the window then leads or follows by itself. Until then it writes no history.",
  );
  if (role.role === "alone") return [finding(t("Leader"), "broken", `${words}: ${role.reason}`, mend)];
  const found = [finding(t("Leader"), role.role === "seeks" ? "note" : "ok", words)];
  const again = t("Set XDG_RUNTIME_DIR to a folder that you own; it is tried again every second.");
  if (role.reason === "") found.push(finding(t("Socket"), "ok", socket === "" ? t("none yet") : socket));
  else found.push(finding(t("Socket"), "broken", role.reason, again));
  if (role.role === "leads") found.push(finding(t("Followers"), "ok", followerWords(followers)));
  return found;
}

function followerWords(followers: readonly Follower[]): string {
  if (followers.length === 0) return t("no other window follows");
  const each = followers.map(({ pid, wish }) => {
    if (wish === null) return t("process {0}", pid);
    const { intervalMs, rules, gpu } = wish;
    return [
      t("process {0}, wants every {1}", pid, formatDuration(intervalMs)),
      ...(rules.length === 0
        ? []
        : [rules.length === 1 ? t("1 workspace rule") : t("{0} workspace rules", rules.length)]),
      ...(gpu.length === 0 ? [] : [t("shows the GPU")]),
    ].join(", ");
  });
  return followers.length === 1
    ? t("1 window follows: {0}", each.join("; "))
    : t("{0} windows follow: {1}", followers.length, each.join("; "));
}
