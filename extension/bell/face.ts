/** What the status bar says: a short text, a colour, and one stable sentence for those who hear it. */
import { t } from "@vscode/l10n";
import type { Verdict } from "../../protocol/bell.ts";
import { ABSENT, formatValue } from "../../protocol/format.ts";
import { LEVELS, type Level } from "../../protocol/level.ts";
import type { Unit } from "../../protocol/reading.ts";
import type { WorkerState } from "../../protocol/state.ts";
import { COMMANDS, type CommandId } from "../contributions.ts";
import { plain, statusText } from "../escape.ts";
import type { WorkerStatus } from "../worker/worker.ts";

/** Everything the bell is drawn from. */
export interface BellView {
  readonly worker: WorkerStatus;
  readonly state: WorkerState | null;
  /** Since when a running worker has been silent; null while it talks. */
  readonly silentSince: number | null;
  readonly muted: readonly string[];
  readonly now: number;
}

/** What stands in the status bar. */
export interface Face {
  readonly text: string;
  readonly background: "warning" | "error" | null;
  /** Without numbers: a screen reader must not read every tick. */
  readonly label: string;
  readonly command: CommandId;
  /** Changes when the matter changes, not when a number ticks. */
  readonly matter: string;
}

const BELL = "$(gorgon-bell)";

function startingText(): string {
  return `${BELL} ${t("starting…")}`;
}

/** How many intervals after its start a worker is young. */
const WARM_UP_INTERVALS = 3;

/** A digit's width, so that 9 % and 10 % are equally wide and the neighbours stand still. */
const FIGURE_SPACE = "\u2007";

/** Whole percent, at least two figures wide. */
function percent(ratio: number | null): string {
  if (ratio === null || !Number.isFinite(ratio)) return ABSENT;
  return `${String(Math.round(ratio * 100)).padStart(2, FIGURE_SPACE)} %`;
}

function brief(value: number | null, unit: Unit): string {
  return unit === "1" ? percent(value).trim() : formatValue(value, unit);
}

/** What is the matter with a rule, in words. */
function matterOf(verdict: Verdict): string {
  const title = plain(verdict.rule.title, 40);
  if (verdict.level === "UNKNOWN") return t("{0} is not known", title);
  switch (verdict.rule.id) {
    case "cpu":
      return t("CPU is busy");
    case "memory":
      return t("memory is running out");
    case "disk":
      return t("disk is filling up");
    default:
      return verdict.level === "CRIT" ? t("{0} is critical", title) : t("{0} is high", title);
  }
}

function wordOf(level: Level): string {
  switch (level) {
    case "OK":
      return t("all is well");
    case "UNKNOWN":
      return t("unknown");
    case "WARN":
      return t("warning");
    case "CRIT":
      return t("critical");
  }
}

/** The verdicts that are not OK, worst first, in the order of the rules. */
export function concerns(verdicts: readonly Verdict[]): Verdict[] {
  return verdicts
    .filter((verdict) => verdict.level !== "OK")
    .sort((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level));
}

/** Draws the status bar item. */
export function faceOf(view: BellView): Face {
  const { worker, state } = view;
  if (worker.status === "down") {
    return {
      text: `${BELL} ${t("Gorgon is down")}`,
      background: "warning",
      label: t("Gorgon is down: {0}", plain(worker.reason)),
      command: worker.mend === "restart" ? COMMANDS.restartWorker : COMMANDS.showLog,
      matter: `down ${worker.reason}`,
    };
  }
  const command = COMMANDS.showDashboard;
  if (worker.status === "starting" || state === null) {
    const label = worker.reason === "" ? t("Gorgon is starting") : `Gorgon: ${plain(worker.reason)}`;
    return { text: startingText(), background: null, label, command, matter: `starting ${worker.reason}` };
  }
  if (view.silentSince !== null) {
    const label = t("Gorgon: unknown, the worker does not answer");
    return { text: `${BELL} UNKNOWN`, background: null, label, command, matter: "silent" };
  }
  return judged(state, command);
}

/** A rate needs two polls: what is not known right after the start is not worth a word of alarm yet. */
function warmingUp(state: WorkerState, bad: readonly Verdict[]): boolean {
  const young = state.self.uptimeMs < WARM_UP_INTERVALS * state.intervalMs;
  return young && bad.length > 0 && bad.every((one) => one.level === "UNKNOWN" && one.readAt === null);
}

function judged(state: WorkerState, command: CommandId): Face {
  const { level, verdicts } = state.bell;
  const bad = concerns(verdicts);
  const first = bad[0];
  if (warmingUp(state, bad)) {
    return { text: startingText(), background: null, label: t("Gorgon is starting"), command, matter: "warming up" };
  }
  const matter = `${level} ${bad.map((one) => `${one.rule.id}=${one.level}`).join(" ")}`;
  if (level === "OK" || first === undefined) {
    const { cpu, memory } = state.glance;
    const used = memory.used !== null && memory.limit !== null && memory.limit > 0 ? memory.used / memory.limit : null;
    const text = `${BELL} ${t("CPU {0} · Mem {1}", percent(cpu.busy), percent(used))}`;
    return { text, background: null, label: `Gorgon: ${wordOf(level)}`, command, matter };
  }
  const value = first.value === null ? "" : ` ${brief(first.value, first.unit)}`;
  const more = bad.length > 1 ? ` +${bad.length - 1}` : "";
  return {
    text: `${BELL} ${first.level} ${statusText(first.rule.title, 24)}${value}${more}`,
    background: level === "CRIT" ? "error" : level === "WARN" ? "warning" : null,
    label: `Gorgon: ${wordOf(level)}, ${bad.map(matterOf).join(", ")}`,
    command,
    matter,
  };
}
