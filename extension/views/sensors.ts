/** The rows of the Sensors view: each sensor under its crab, with live values, failures and what reading it costs. */
import { t } from "@vscode/l10n";
import { formatBytes, formatDuration, formatRatio, formatValue } from "../../protocol/format.ts";
import type { SeriesInfo } from "../../protocol/series.ts";
import type { SensorHealth, WorkerState } from "../../protocol/state.ts";
import { markdown, plain } from "../escape.ts";
import type { Row } from "./tree.ts";
import { spoken } from "./words.ts";

/** Values of a sensor that are listed under it. */
const MOST_VALUES = 8;

/** With what the metrics of a sensor begin that the state has no numbers of. */
export const METRICS_OF: Readonly<Record<string, string>> = {
  disk: "gorgon.disk.",
  process: "system.process.count",
  limits: "gorgon.limit.",
  thermal: "hw.temperature",
  battery: "hw.battery.",
  uptime: "system.uptime",
  tcp: "gorgon.tcp.",
  file: "gorgon.watch.file.",
  sql: "gorgon.sql.",
  training: "gorgon.training.",
  runaway: "gorgon.runaway.",
};

/** A value under a sensor: what it is, and with its unit. */
interface Value {
  readonly name: string;
  readonly text: string;
}

/** The element of a sensor, as commands get it. */
export function sensorElement({ crab, sensor }: Pick<SensorHealth, "crab" | "sensor">): string {
  return `sensor ${crab} ${sensor}`;
}

/** The sensor's name in such an element; null for any other. */
export function sensorOf(element: unknown): string | null {
  return typeof element === "string" ? (/^sensor \S+ (\S+)$/.exec(element)?.[1] ?? null) : null;
}

/** What the state itself tells of a sensor, most wanted first. */
function glanced(sensor: string, { glance, self }: WorkerState): readonly Value[] {
  const { cpu, memory, disk, network, gpu, pressure } = glance;
  switch (sensor) {
    case "cpu":
      return [
        { name: t("Busy"), text: formatRatio(cpu.busy) },
        { name: t("Load"), text: cpu.load1 === null ? "" : t("{0} on {1} cores", cpu.load1.toFixed(2), cpu.cores) },
      ];
    case "memory":
      return [
        { name: t("In use"), text: ofAll(memory.used, memory.limit) },
        { name: t("Swap"), text: memory.swapTotal === 0 ? "" : ofAll(memory.swapUsed, memory.swapTotal) },
      ];
    case "filesystem":
      return [{ name: plain(disk.mount, 60), text: ofAll(disk.used, disk.size) }];
    case "network":
      return [
        { name: t("Received"), text: formatValue(network.receive, "By/s") },
        { name: t("Sent"), text: formatValue(network.transmit, "By/s") },
      ];
    case "pressure":
      return [
        { name: "CPU", text: formatRatio(pressure.cpu) },
        { name: t("Memory"), text: formatRatio(pressure.memory) },
        { name: "IO", text: formatRatio(pressure.io) },
      ];
    case "gpu":
      return (gpu ?? []).map(({ name, utilization }) => ({ name: plain(name, 40), text: formatRatio(utilization) }));
    case "self":
      return [
        { name: "CPU", text: formatRatio(self.cpuRatio) },
        { name: t("Memory"), text: formatBytes(self.rssBytes) },
      ];
    default:
      return [];
  }
}

function ofAll(used: number | null, all: number | null): string {
  if (used === null || all === null || all <= 0) return "";
  return t("{0}, {1} of {2}", formatRatio(used / all), formatBytes(used), formatBytes(all));
}

function ofSeries({ metric, attributes, value, unit }: SeriesInfo): Value {
  const name = plain(`${metric} ${Object.values(attributes).join(" ")}`, 80);
  return { name, text: formatValue(value, unit) };
}

/** Sensors grouped by crab. `series` holds what was asked for of sensors that stand open. */
export function sensorRows(state: WorkerState, series: ReadonlyMap<string, readonly SeriesInfo[]>): readonly Row[] {
  const crabs = [...new Set(state.sensors.map((one) => one.crab))];
  return crabs.map((crab) => {
    const rows = state.sensors.filter((one) => one.crab === crab).map((one) => sensorRow(one, state, series));
    const failing = state.sensors.filter((one) => one.crab === crab && !one.ok).length;
    const description = failing === 0 ? String(rows.length) : t("{0}, failing: {1}", rows.length, failing);
    const said = spoken(crab, description);
    const icon = { name: "pulse" };
    return {
      id: `crab ${crab}`,
      label: plain(crab),
      description,
      icon,
      context: "",
      spoken: said,
      explain: null,
      open: true,
      rows,
    };
  });
}

function sensorRow(health: SensorHealth, state: WorkerState, series: ReadonlyMap<string, readonly SeriesInfo[]>): Row {
  const { sensor, ok, off = false } = health;
  const own = glanced(sensor, state);
  const found = own.length > 0 ? own : (series.get(sensor) ?? []).map(ofSeries);
  const values = found.filter(({ text }) => text !== "").slice(0, MOST_VALUES);
  const readable = ok && !off && health.reason === "";
  const description = off
    ? t("switched off")
    : readable
      ? (own.map(({ text }) => text).find((text) => text !== "") ?? "")
      : plain(health.reason, 160);
  const condition = conditionOf(health);
  const id = sensorElement(health);
  return {
    id,
    label: plain(sensor, 60),
    description,
    icon: iconOf(health),
    context: off ? "sensor off" : "sensor on",
    spoken: spoken(plain(sensor, 60), condition, description),
    explain: () => sensorTooltip(health),
    open: readable && (own.length > 0 || METRICS_OF[sensor] !== undefined) ? false : null,
    rows: readable ? [...values.map((value) => valueRow(id, value)), costRow(id, health)] : [],
  };
}

function conditionOf({ ok, off, reason }: SensorHealth): string {
  if (off === true) return t("switched off");
  if (!ok) return t("failing");
  return reason === "" ? t("well") : t("nothing to read");
}

function iconOf({ ok, off, reason }: SensorHealth): NonNullable<Row["icon"]> {
  if (off === true) return { name: "debug-pause", color: "disabledForeground" };
  if (!ok) return { name: "warning", color: "list.warningForeground" };
  return reason === "" ? { name: "pass" } : { name: "circle-slash", color: "disabledForeground" };
}

function valueRow(parent: string, { name, text }: Value): Row {
  return leaf(`${parent} value ${name}`, name, text);
}

function cost(lastMs: number, intervalMs: number): string {
  return t("{0}, every {1}", formatDuration(lastMs), formatDuration(intervalMs));
}

function costRow(parent: string, { lastMs, intervalMs }: SensorHealth): Row {
  return leaf(`${parent} cost`, t("Last read"), cost(lastMs, intervalMs));
}

function leaf(id: string, label: string, description: string): Row {
  const said = spoken(label, description);
  return { id, label, description, icon: null, context: "", spoken: said, explain: null, open: null, rows: [] };
}

function sensorTooltip(health: SensorHealth): string {
  const every = cost(health.lastMs, health.intervalMs);
  return [
    `**${markdown(health.sensor)}**`,
    ...(health.reason === "" ? [] : [markdown(health.reason, 600)]),
    [
      "| | |",
      "|:--|:--|",
      `| ${t("last read")} | ${markdown(every)} |`,
      `| ${t("failures")} | ${String(health.failures)} |`,
    ].join("\n"),
  ].join("\n\n");
}
