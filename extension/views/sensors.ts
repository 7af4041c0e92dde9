/** The rows of the Sensors view: each sensor under its crab, with live values, failures and what reading it costs. */
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
        { name: "Busy", text: formatRatio(cpu.busy) },
        { name: "Load", text: cpu.load1 === null ? "" : `${cpu.load1.toFixed(2)} on ${String(cpu.cores)} cores` },
      ];
    case "memory":
      return [
        { name: "In use", text: ofAll(memory.used, memory.limit) },
        { name: "Swap", text: memory.swapTotal === 0 ? "" : ofAll(memory.swapUsed, memory.swapTotal) },
      ];
    case "filesystem":
      return [{ name: plain(disk.mount, 60), text: ofAll(disk.used, disk.size) }];
    case "network":
      return [
        { name: "Received", text: formatValue(network.receive, "By/s") },
        { name: "Sent", text: formatValue(network.transmit, "By/s") },
      ];
    case "pressure":
      return [
        { name: "CPU", text: formatRatio(pressure.cpu) },
        { name: "Memory", text: formatRatio(pressure.memory) },
        { name: "IO", text: formatRatio(pressure.io) },
      ];
    case "gpu":
      return (gpu ?? []).map(({ name, utilization }) => ({ name: plain(name, 40), text: formatRatio(utilization) }));
    case "self":
      return [
        { name: "CPU", text: formatRatio(self.cpuRatio) },
        { name: "Memory", text: formatBytes(self.rssBytes) },
      ];
    default:
      return [];
  }
}

function ofAll(used: number | null, all: number | null): string {
  if (used === null || all === null || all <= 0) return "";
  return `${formatRatio(used / all)}, ${formatBytes(used)} of ${formatBytes(all)}`;
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
    const description = failing === 0 ? String(rows.length) : `${String(rows.length)}, failing: ${String(failing)}`;
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
    ? "switched off"
    : readable
      ? (own.map(({ text }) => text).find((text) => text !== "") ?? "")
      : plain(health.reason, 160);
  const condition = off ? "switched off" : !ok ? "failing" : health.reason === "" ? "well" : "nothing to read";
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

function iconOf({ ok, off, reason }: SensorHealth): NonNullable<Row["icon"]> {
  if (off === true) return { name: "debug-pause", color: "disabledForeground" };
  if (!ok) return { name: "warning", color: "list.warningForeground" };
  return reason === "" ? { name: "pass" } : { name: "circle-slash", color: "disabledForeground" };
}

function valueRow(parent: string, { name, text }: Value): Row {
  return leaf(`${parent} value ${name}`, name, text);
}

function costRow(parent: string, { lastMs, intervalMs }: SensorHealth): Row {
  return leaf(`${parent} cost`, "Last read", `${formatDuration(lastMs)}, every ${formatDuration(intervalMs)}`);
}

function leaf(id: string, label: string, description: string): Row {
  const said = spoken(label, description);
  return { id, label, description, icon: null, context: "", spoken: said, explain: null, open: null, rows: [] };
}

function sensorTooltip(health: SensorHealth): string {
  const every = `${formatDuration(health.lastMs)}, every ${formatDuration(health.intervalMs)}`;
  return [
    `**${markdown(health.sensor)}**`,
    ...(health.reason === "" ? [] : [markdown(health.reason, 600)]),
    ["| | |", "|:--|:--|", `| last read | ${markdown(every)} |`, `| failures | ${String(health.failures)} |`].join(
      "\n",
    ),
  ].join("\n\n");
}
