/** `gorgon acknowledge`: says that somebody has seen an alert, or takes that back. */
import { printable } from "../bell/printable.ts";
import { actThroughLeader, alertCalled, author } from "./alert-acts.ts";
import { readAlerts } from "./alert-source.ts";
import { EXIT_OK } from "./exit-codes.ts";
import type { CliIo } from "./io.ts";
import { hostOf } from "./session.ts";

/** The flags as commander gives them. */
export interface AcknowledgeFlags {
  readonly note?: string;
  readonly undo?: boolean;
}

/** Throws NotDone, HistoryUnavailable. */
export async function acknowledgeCommand(name: string, flags: AcknowledgeFlags, io: CliIo): Promise<number> {
  const host = hostOf(io);
  const now = host.clock.now();
  const { alerts } = await readAlerts(host, { from: now, to: now, rule: "", limit: 1 });
  const alert = alertCalled(name, alerts);
  const undo = flags.undo === true;
  await actThroughLeader(host, { acknowledge: { alert: alert.id, by: author(), note: flags.note ?? "", undo } });
  io.stdout.write(`${undo ? "Not acknowledged any more" : "Acknowledged"}: ${printable(alert.message, 500)}\n`);
  return EXIT_OK;
}
