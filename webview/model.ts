/** The dashboard's texts: a snapshot and the time to headline, tiles, verdicts, notices and cost. Pure. */
import { t } from "@vscode/l10n";
import { ABSENT, formatBytes, formatRatio, formatValue } from "../protocol/format.ts";
import type { Level } from "../protocol/level.ts";
import type { DashboardSnapshot } from "../protocol/messages/webview.ts";
import type { WorkerState } from "../protocol/state.ts";
import {
  type Action,
  acknowledgeAction,
  doctorAction,
  logAction,
  restartAction,
  showAlertsAction,
  silenceAction,
} from "./actions.ts";
import { type Notice, noticesOf } from "./notices.ts";
import { gpuTitle, shownGpu } from "./gpu.ts";
import { levelFor as levelOf } from "./plot-rules.ts";
import type { Ink } from "./plots.ts";
import { type VerdictRow, verdictRows, verdictsNote } from "./verdict-rows.ts";
import {
  absolute,
  ago,
  bare,
  labelled,
  lasting,
  levelFor,
  listing,
  sentence,
  seriesCount,
  since,
  splitUnit,
  facts,
} from "./words.ts";

/** What the page knows when it draws. Times are milliseconds since the epoch by the sender's clock. */
export interface Input {
  /** The newest; null before the first has come. */
  readonly snapshot: DashboardSnapshot | null;
  readonly now: number;
  /** When the page was last shown: silence before that is not the worker's. */
  readonly wokeAt: number;
}

/** How the page is doing. `stale`: the worker runs but says nothing. */
export type Phase = "loading" | "live" | "stale" | "down";

/** The first two lines. */
export interface Head {
  readonly level: Level | null;
  readonly busy: boolean;
  readonly title: string;
  readonly meta: string;
  readonly metaTitle: string;
  readonly detail: string;
  readonly actions: readonly Action[];
  /** Read out when it changes: the level and what is the matter, without numbers that move. */
  readonly announcement: string;
}

/** One tile. `level` null: no rule watches it. */
export interface Tile {
  readonly ink: Ink;
  readonly title: string;
  readonly level: Level | null;
  readonly number: string;
  readonly unit: string;
  readonly context: string;
  /** In one sentence, for people who cannot see the tile. */
  readonly description: string;
}

/** A sensor that gives nothing. */
export interface SilentRow {
  readonly id: string;
  readonly title: string;
  readonly reason: string;
}

/** A part of the last line. */
export interface Cost {
  readonly id: string;
  readonly text: string;
  readonly title: string;
}

/** The whole page but the charts. */
export interface View {
  readonly phase: Phase;
  /** The values are old: shown in grey. */
  readonly faded: boolean;
  readonly head: Head;
  readonly notices: readonly Notice[];
  readonly tiles: readonly Tile[];
  readonly verdicts: readonly VerdictRow[];
  readonly verdictsNote: string;
  readonly silent: readonly SilentRow[];
  readonly cost: readonly Cost[];
}

/** A worker that has said nothing for more than this many intervals is stale; the bell judges its metrics alike. */
const STALE_INTERVALS = 3;

/** Everything the page says at this moment. */
export function viewOf(input: Input): View {
  const { snapshot } = input;
  const state = snapshot?.state ?? null;
  const phase = phaseOf(input);
  const rows = state === null ? [] : verdictRows(state, snapshot?.muted ?? [], input.now);
  return {
    phase,
    faded: state !== null && phase !== "live",
    head: headOf(input, phase, rows),
    notices: snapshot === null ? [] : noticesOf(snapshot),
    tiles: tilesOf(state),
    verdicts: rows,
    verdictsNote: verdictsNote(rows),
    silent: (state?.sensors ?? [])
      .filter((sensor) => !sensor.ok)
      .map((sensor) => ({
        id: `${sensor.crab}/${sensor.sensor}`,
        title: sensor.sensor,
        reason: sensor.reason === "" ? t("It gives no values, and no reason.") : sentence(sensor.reason),
      })),
    cost: state === null ? [] : costOf(state),
  };
}

function phaseOf({ snapshot, now, wokeAt }: Input): Phase {
  if (snapshot === null) return "loading";
  if (snapshot.worker.status === "down") return "down";
  if (snapshot.state === null || snapshot.worker.status === "starting") return "loading";
  const silence = now - Math.max(snapshot.state.time, wokeAt);
  return silence > STALE_INTERVALS * snapshot.state.intervalMs ? "stale" : "live";
}

function headOf(input: Input, phase: Phase, rows: readonly VerdictRow[]): Head {
  const { snapshot, now } = input;
  const state = snapshot?.state ?? null;
  const old = state === null ? "" : t("The values below are from {0}.", ago(now - state.time));
  const oldTitle = state === null ? "" : absolute(state.time);
  if (phase === "loading") {
    const starting = snapshot?.worker.status !== "running";
    const title = starting ? t("Gorgon is starting") : t("Taking the first reading");
    const wait = snapshot === null ? t("Waiting for the worker.") : t("The first values are there in a moment.");
    return {
      level: null,
      busy: true,
      title,
      meta: "",
      metaTitle: oldTitle,
      detail: [sentence(snapshot?.worker.reason ?? ""), old === "" ? wait : old].filter(Boolean).join(" "),
      actions: [],
      announcement: title,
    };
  }
  if (phase === "down") {
    const reason = sentence(snapshot?.worker.reason ?? "") || t("It gave no reason.");
    return {
      level: "UNKNOWN",
      busy: false,
      title: t("Gorgon's worker is down"),
      meta: t("UNKNOWN · nothing is watched now"),
      metaTitle: oldTitle,
      detail: `${reason} ${old}`.trim(),
      actions: [restartAction(), logAction()],
      announcement: t("Gorgon's worker is down."),
    };
  }
  if (state === null) throw new Error("a live or stale page has a state");
  if (phase === "stale") {
    return {
      level: "UNKNOWN",
      busy: false,
      title: t("No news for {0}", lasting(now - state.time)),
      meta: t("UNKNOWN · expected every {0}", lasting(state.intervalMs)),
      metaTitle: oldTitle,
      detail: [
        sentence(snapshot?.worker.reason ?? "") || t("The worker runs but has gone quiet."),
        t("It last said: {0}", sentence(state.bell.headline)),
      ].join(" "),
      actions: [restartAction(), logAction()],
      announcement: t("No news from the worker. The values are old."),
    };
  }
  const { bell } = state;
  const worst = rows.find((row) => row.level === bell.level);
  const calm = bell.level === "OK";
  return {
    level: bell.level,
    busy: false,
    title: bell.headline,
    meta: facts(levelFor(bell.level, now - bell.since), rulesWords(rows.length, calm)),
    metaTitle: since(bell.since),
    detail: calm || worst === undefined ? factsOf(state) : labelled(worst.title, worst.reason),
    actions: calm ? [] : remedies(state, worst, snapshot?.mayAct === true),
    announcement: labelled(bell.level, listing(rows.filter((row) => row.level === bell.level).map((row) => row.title))),
  };
}

/** How many rules there are, or of how many this is the worst. */
function rulesWords(amount: number, calm: boolean): string {
  if (!calm) return amount > 1 ? t("worst of {0}", amount) : "";
  return amount === 1 ? t("1 rule") : t("{0} rules", amount);
}

/** What can be done about the worst: by its alert, where there is one; else by its rule. */
function remedies({ bell }: WorkerState, worst: VerdictRow | undefined, mayAct: boolean): Action[] {
  if (bell.level === "UNKNOWN") return [doctorAction(), logAction()];
  if (worst === undefined) return [];
  const alert = bell.alerts.find((one) => one.rule === worst.id && one.status === "firing");
  if (alert === undefined) return [worst.action];
  const acknowledge = acknowledgeAction(alert, worst.title, mayAct);
  return alert.silencedBy === null
    ? [acknowledge, silenceAction(alert, worst.title, mayAct), showAlertsAction()]
    : [acknowledge, showAlertsAction()];
}

/** What the machine is, in one line. */
function factsOf({ host, node }: WorkerState): string {
  const cores = coresWords(host.cores);
  return facts(
    host.hostname === "" ? node : host.hostname,
    [cores, host.cpuModel].filter(Boolean).join(", "),
    host.memoryBytes > 0 ? formatBytes(host.memoryBytes) : "",
    host.os,
    host.virtualization,
  );
}

function coresWords(cores: number): string {
  if (cores <= 0) return "";
  return cores === 1 ? t("1 core") : t("{0} cores", cores);
}

function tilesOf(state: WorkerState | null): Tile[] {
  const verdicts = state?.bell.verdicts ?? [];
  const glance = state?.glance;
  const tile = (ink: Ink, title: string, value: string, context: readonly string[]): Tile => {
    const level = levelOf(ink, verdicts);
    const kept = facts(...context);
    return {
      ink,
      title,
      level,
      ...splitUnit(value),
      context: kept,
      description: [level === null ? `${title} ${value}` : `${title} ${value}, ${level}`, kept]
        .filter(Boolean)
        .join(". "),
    };
  };
  // The tile shows the number that the bell judged, so that the two never disagree; without such a rule the glance's.
  const judged = (id: Ink, otherwise: number | null): number | null => {
    const verdict = verdicts.find((one) => one.rule.id === id);
    return verdict === undefined ? otherwise : verdict.value;
  };
  const cpu = judged("cpu", glance?.cpu.busy ?? null);
  const disk = judged("disk", share(glance?.disk.used, glance?.disk.size));
  const memory = judged("memory", share(glance?.memory.used, glance?.memory.limit));
  const { receive = null, transmit = null } = glance?.network ?? {};
  const traffic = receive === null && transmit === null ? null : (receive ?? 0) + (transmit ?? 0);
  const swap = glance?.memory.swapUsed ?? 0;
  const limitedBy = glance?.memory.limitedBy ?? "";
  const load = glance?.cpu.load1 ?? null;
  const shown = shownGpu(glance?.gpu);
  const pressure = worstPressure(glance?.pressure);
  const pressed = judged("pressure", pressure.value);
  const untold = state !== null && pressed === null && levelOf("pressure", verdicts) === null;
  const tiles = [
    tile("cpu", "CPU", formatRatio(cpu), [
      coresWords(glance?.cpu.cores ?? 0),
      load === null ? "" : t("load {0}", formatValue(load, "{thread}")),
    ]),
    tile("memory", t("Memory"), formatRatio(memory), [
      of(glance?.memory.used, glance?.memory.limit),
      limitedBy === "host" ? "" : limitedBy,
      swap > 0 ? t("swap {0}", formatBytes(swap)) : "",
    ]),
    tile("disk", t("Disk"), formatRatio(disk), [
      of(glance?.disk.used, glance?.disk.size),
      glance === undefined || glance.disk.mount === "" ? "" : glance.disk.mount,
    ]),
    tile("network", t("Network"), formatValue(traffic, "By/s"), [
      traffic === null ? "" : `↓ ${formatValue(receive, "By/s")}`,
      traffic === null ? "" : `↑ ${formatValue(transmit, "By/s")}`,
    ]),
    ...(shown === null
      ? []
      : [
          tile("gpu", gpuTitle(shown.index, shown.of), formatRatio(shown.gpu.utilization), [
            of(shown.gpu.memoryUsed, shown.gpu.memoryTotal),
            shown.gpu.temperature === null ? "" : bare(formatValue(shown.gpu.temperature, "Cel")),
            shown.of > 1 ? t("fullest of {0}", shown.of) : shown.gpu.name,
          ]),
        ]),
  ];
  // macOS and Windows have no such figures: nothing is better than an empty tile.
  if (untold) return tiles;
  return [...tiles, tile("pressure", t("Pressure"), formatRatio(pressed), [pressure.words])];
}

/** The resource that is waited for most, and in words which. */
function worstPressure(pressure: WorkerState["glance"]["pressure"] | undefined): {
  value: number | null;
  words: string;
} {
  const names = { memory: t("waits for memory"), io: t("waits for IO"), cpu: t("waits for CPU") };
  let worst: { value: number | null; words: string } = { value: null, words: "" };
  for (const name of ["memory", "io", "cpu"] as const) {
    const value = pressure?.[name] ?? null;
    if (value === null || (worst.value !== null && value <= worst.value)) continue;
    worst = { value, words: facts(names[name], "10 s") };
  }
  return worst.value === 0 ? { value: 0, words: t("nothing waits") } : worst;
}

function share(used: number | null | undefined, whole: number | null | undefined): number | null {
  return used === null || used === undefined || !whole ? null : used / whole;
}

/** `21.3 of 23.4 GiB`: one unit where both have the same. */
function of(used: number | null | undefined, whole: number | null | undefined): string {
  if (used === null || used === undefined || !whole) return "";
  const part = splitUnit(formatBytes(used));
  const total = formatBytes(whole);
  return t("{0} of {1}", part.unit === splitUnit(total).unit ? part.number : formatBytes(used), total);
}

function costOf(state: WorkerState): Cost[] {
  const { self, history } = state;
  const kept =
    history.mode === "memory"
      ? t("{0}, in memory only", seriesCount(history.series))
      : t("{0}, {1} in {2}", seriesCount(history.series), lasting(history.retentionMs), formatBytes(history.bytes));
  const delay = self.loopP99Ms === null ? ABSENT : formatValue(self.loopP99Ms, "ms");
  return [
    {
      id: "self",
      text: t("Gorgon itself: {0} of a core, {1}", formatRatio(self.cpuRatio), formatBytes(self.rssBytes)),
      title: t("process {0}, up for {1}, event loop p99 {2}", self.pid, lasting(self.uptimeMs), delay),
    },
    {
      id: "interval",
      text:
        state.rate.reason === ""
          ? t("every {0}", lasting(state.intervalMs))
          : t("every {0}: {1}", lasting(state.intervalMs), state.rate.reason),
      title: t("last reading {0}, configured every {1}", absolute(state.time), lasting(state.rate.baseMs)),
    },
    { id: "history", text: kept, title: facts(history.path, history.reason) },
    ...(history.mode === "following"
      ? [{ id: "following", text: t("history written by another window"), title: history.reason }]
      : []),
  ];
}
