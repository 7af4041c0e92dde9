/** Carries out through the leading worker what a person does to alerts at the command line. */
import os from "node:os";
import type { Alert, AlertAct, Silence } from "../../protocol/alert.ts";
import type { Host } from "../host/host.ts";
import { silentLog } from "../host/log.ts";
import { statePaths } from "../host/paths.ts";
import { announced } from "../octopus/leader/announcement.ts";
import { LeaderLink, LeaderUnreachable, type LinkOptions } from "../octopus/leader/link.ts";
import { VERSION } from "../version.ts";

/** It was not done; the message says why, with the mend. */
export class NotDone extends Error {
  override readonly name = "NotDone";
}

/** Whose name stands with an acknowledgement or silence. */
export function author(): string {
  try {
    return os.userInfo().username;
  } catch {
    return "unknown"; // A user without an entry, as in some containers.
  }
}

/**
 * Lets the worker that leads do it; answers with the silence that was added. Nobody else writes alerts, so without one it
 * is refused. Throws NotDone.
 */
export async function actThroughLeader(host: Host, act: AlertAct): Promise<Silence | null> {
  const link = await reachLeader(host, "alerts are judged and silenced");
  try {
    return await link.act(act);
  } catch (error) {
    throw new NotDone(error instanceof Error ? error.message : String(error), { cause: error });
  } finally {
    link.close();
  }
}

/** A link to the worker that leads. `what` is done while one runs, in words, for who finds none. Throws NotDone. */
export async function reachLeader(
  host: Host,
  what: string,
  hear: Pick<LinkOptions, "onKernels"> = {},
): Promise<LeaderLink> {
  const { announcement } = await statePaths(host);
  const me = { pid: process.pid, version: VERSION };
  try {
    const at = announced(announcement);
    if (at === null) throw new LeaderUnreachable("");
    return await LeaderLink.open({ at, me, clock: host.clock, log: silentLog, ...hear });
  } catch (error) {
    if (!(error instanceof LeaderUnreachable)) {
      throw new NotDone(error instanceof Error ? error.message : String(error), { cause: error });
    }
    throw new NotDone(
      `No worker of yours runs on this machine, so there is nobody to do it: ${what} while VS Code runs with Gorgon. ` +
        "Open VS Code, then run this again.",
      { cause: error },
    );
  }
}

/** The open alert that a person names: by its id, or by how the part after the node's name begins. Throws NotDone. */
export function alertCalled(name: string, alerts: readonly Alert[]): Alert {
  const exact = alerts.find(({ id }) => id === name);
  if (exact !== undefined) return exact;
  return onlyOne(name, alerts, "open alert", "gorgon alerts");
}

/** The silence that a person names, as with alerts. Throws NotDone. */
export function silenceCalled(name: string, silences: readonly Silence[]): Silence {
  return silences.find(({ id }) => id === name) ?? onlyOne(name, silences, "silence", "gorgon silence");
}

function onlyOne<T extends { readonly id: string }>(name: string, all: readonly T[], what: string, list: string): T {
  const found = name === "" ? [] : all.filter(({ id }) => id.slice(id.lastIndexOf("/") + 1).startsWith(name));
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const why = found.length === 0 ? `There is no ${what}` : `There are ${String(found.length)} ${what}s`;
  throw new NotDone(`${why} whose id begins with ${JSON.stringify(name)}. ${list} lists them.`);
}
