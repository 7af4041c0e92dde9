/** `gorgon silence`: lists silences, adds one, ends one. */
import type { Silence } from "../../protocol/alert.ts";
import { formatDuration } from "../../protocol/format.ts";
import type { Attributes } from "../../protocol/reading.ts";
import { cut, pad, widthOf } from "../bell/columns.ts";
import { printable } from "../bell/printable.ts";
import { paint, type TerminalStyle } from "../bell/terminal-style.ts";
import { actThroughLeader, author, silenceCalled } from "./alert-acts.ts";
import { readAlerts } from "./alert-source.ts";
import { utc } from "./alerts.ts";
import { EXIT_OK } from "./exit-codes.ts";
import { matchOf } from "./export-flags.ts";
import { type CliIo, styleNow, UsageError } from "./io.ts";
import { hostOf } from "./session.ts";
import { lengthOf } from "./times.ts";

/** The flags of `add` as commander gives them. */
export interface AddSilenceFlags {
  readonly match: readonly string[];
  readonly for: string;
  readonly comment?: string;
  readonly json?: boolean;
}

const MOST_TEXT = 200;

/** Lists silences in force or to come. Throws HistoryUnavailable. */
export async function silenceCommand(flags: { readonly json?: boolean }, io: CliIo): Promise<number> {
  const host = hostOf(io);
  const now = host.clock.now();
  const { leader, silences } = await readAlerts(host, { from: now, to: now, rule: "", limit: 1 });
  if (flags.json === true) io.stdout.write(`${JSON.stringify({ time: now, leader, silences })}\n`);
  else io.stdout.write(`${renderSilences(silences, now, styleNow(io)).join("\n")}\n`);
  return EXIT_OK;
}

/** Adds one from now on. Throws UsageError and NotDone. */
export async function addSilenceCommand(flags: AddSilenceFlags, io: CliIo): Promise<number> {
  const host = hostOf(io);
  const forMs = lengthOf(flags.for);
  if (forMs === null || forMs < 1) {
    throw new UsageError(`--for must be a length of time like 30m, 2h or 1d, not ${JSON.stringify(flags.for)}.`);
  }
  const now = host.clock.now();
  const silence = {
    matchers: matchOf(flags.match),
    startsAt: now,
    endsAt: now + forMs,
    author: author(),
    comment: flags.comment ?? "",
  };
  const added = await actThroughLeader(host, { silence });
  if (flags.json === true) io.stdout.write(`${JSON.stringify(added)}\n`);
  else if (added !== null) io.stdout.write(`Silenced until ${utc(added.endsAt)}: ${matchers(added.matchers)}\n`);
  return EXIT_OK;
}

/** Ends one now. Throws NotDone and HistoryUnavailable. */
export async function endSilenceCommand(name: string, io: CliIo): Promise<number> {
  const host = hostOf(io);
  const now = host.clock.now();
  const { silences } = await readAlerts(host, { from: now, to: now, rule: "", limit: 1 });
  const silence = silenceCalled(name, silences);
  await actThroughLeader(host, { endSilence: silence.id });
  io.stdout.write(`Ended: ${matchers(silence.matchers)}\n`);
  return EXIT_OK;
}

/** The list as aligned columns; what there is no room for is cut at the end. */
export function renderSilences(silences: readonly Silence[], now: number, style: TerminalStyle): string[] {
  if (silences.length === 0) return ["No silences. Add one with: gorgon silence add --match rule=disk --for 2h"];
  const rows = silences.map((one) => [
    printable(one.id.slice(one.id.lastIndexOf("/") + 1), MOST_TEXT),
    one.startsAt > now ? `begins in ${formatDuration(one.startsAt - now)}` : `${formatDuration(one.endsAt - now)} left`,
    printable(one.author, MOST_TEXT),
    matchers(one.matchers),
    printable(one.comment, MOST_TEXT),
  ]);
  const table = [["ID", "TIME", "BY", "MATCHES", "COMMENT"], ...rows];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...table.map((row) => widthOf(row[column] ?? ""))));
  return table.map((row, index) => {
    const line = row.map((cell, column) => pad(cell, widths[column] ?? 0)).join("  ");
    return paint(style, cut(line.trimEnd(), style.columns), ...(index === 0 ? (["dim"] as const) : []));
  });
}

function matchers(all: Attributes): string {
  const pairs = Object.entries(all).map(([key, value]) => `${key}=${value}`);
  return printable(pairs.join(", "), MOST_TEXT);
}
