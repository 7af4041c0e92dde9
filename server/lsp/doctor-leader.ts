/** What the doctor says of the workers of one user: who leads, by which lock, over which socket, and who follows. */
import type { Finding, FindingStatus } from "../../protocol/doctor.ts";
import { formatDuration, formatRole } from "../../protocol/format.ts";
import type { Host } from "../host/host.ts";
import { statePaths } from "../host/paths.ts";
import type { Leadership, LeadershipReport } from "../octopus/leader/leadership.ts";
import { lookForLeader } from "../octopus/leader/look.ts";
import type { Follower } from "../octopus/leader/server.ts";
import { VERSION } from "../version.ts";

const ALONE_MEND =
  "Mend what the reason names; the window then leads or follows by itself. Until then it writes no history.";
const SOCKET_MEND = "Set XDG_RUNTIME_DIR to a folder that you own; it is tried again every second.";

function finding(subject: string, status: FindingStatus, detail: string, mend = ""): Finding {
  return { group: "Windows", subject, status, detail, mend };
}

/** Looks at who leads. Nothing is created or changed. */
export async function leaderFindings(host: Host, leadership: Leadership | null): Promise<Finding[]> {
  const { leader: lock, announcement, moved } = await statePaths(host);
  const place = finding("Lock", "ok", moved === "" ? lock : `${lock}, on a local disk because its usual folder is not`);
  if (leadership !== null) return [...ownFindings(leadership.report()), place];
  const look = await lookForLeader(announcement, { pid: process.pid, version: VERSION }, host.clock);
  if (look.leader === null) {
    const why = look.reason === "" ? "" : ` (${look.reason})`;
    return [finding("Leader", "note", `no window of VS Code leads now${why}`), place];
  }
  const { pid, version } = look.leader;
  return [
    finding("Leader", "ok", `the window of process ${String(pid)} leads, with Gorgon ${version}`),
    finding("Socket", "ok", look.socket),
    place,
  ];
}

function ownFindings({ role, socket, followers }: LeadershipReport): Finding[] {
  const words = formatRole(role);
  if (role.role === "alone") return [finding("Leader", "broken", `${words}: ${role.reason}`, ALONE_MEND)];
  const found = [finding("Leader", role.role === "seeks" ? "note" : "ok", words)];
  if (role.reason === "") found.push(finding("Socket", "ok", socket === "" ? "none yet" : socket));
  else found.push(finding("Socket", "broken", role.reason, SOCKET_MEND));
  if (role.role === "leads") found.push(finding("Followers", "ok", followerWords(followers)));
  return found;
}

function followerWords(followers: readonly Follower[]): string {
  if (followers.length === 0) return "no other window follows";
  const each = followers.map(({ pid, wish }) => {
    if (wish === null) return `process ${String(pid)}`;
    const { intervalMs, rules, gpu } = wish;
    const own =
      rules.length === 0 ? "" : `, ${String(rules.length)} workspace ${rules.length === 1 ? "rule" : "rules"}`;
    const shows = gpu.length === 0 ? "" : ", shows the GPU";
    return `process ${String(pid)}, wants every ${formatDuration(intervalMs)}${own}${shows}`;
  });
  return `${String(followers.length)} ${followers.length === 1 ? "window follows" : "windows follow"}: ${each.join("; ")}`;
}
