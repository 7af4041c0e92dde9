/** The doctor: tries everything for real and reports what was found and what is missing, each with its mend. */
import { stat } from "node:fs/promises";
import { t } from "@vscode/l10n";
import type { DoctorReport, Finding, FindingStatus } from "../../protocol/doctor.ts";
import { formatBytes, formatDuration } from "../../protocol/format.ts";
import type { ConfigProblem, HostFacts, SensorHealth } from "../../protocol/state.ts";
import type { LoadedConfig } from "../config/config.ts";
import { userFile } from "../config/load.ts";
import type { Host } from "../host/host.ts";
import { whyUnreadable } from "../rhopalia/reason.ts";
import type { Stack } from "../stack.ts";
import { historyFindings } from "./doctor-history.ts";
import { kernelFindings, type KernelParts } from "./doctor-kernels.ts";
import { leaderFindings } from "./doctor-leader.ts";

/** What the doctor looks at. */
export interface DoctorInputs {
  readonly host: Host;
  readonly stack: Pick<Stack, "hub" | "bell" | "state" | "leadership"> & KernelParts;
  readonly config: LoadedConfig;
  /** Gorgon's version. */
  readonly version: string;
  /** What only the caller can see, such as its terminal. */
  readonly extra?: readonly Finding[];
}

/** Where the sensors read live values directly and were tried on real machines. */
const TRIED_PLATFORM = "linux";

/** Polls every sensor once and looks at the rest. Never rejects for what is missing. */
export async function doctorReport(inputs: DoctorInputs): Promise<DoctorReport> {
  const { host, stack, config, version, extra = [] } = inputs;
  await stack.hub.collectOnce();
  const state = stack.state();
  const findings: Finding[] = [
    ...runtimeFindings(host, version),
    ...(state === null ? [] : machineFindings(state.host, stack)),
    ...sensorFindings(stack),
    ...(await historyFindings(host, config, stack.hub.store.health())),
    ...(await leaderFindings(host, stack.leadership)),
    ...(await kernelFindings(host, stack)),
    ...(await configurationFindings(host, config)),
    ...extra,
  ];
  return { time: host.clock.now(), version, findings };
}

function runtimeFindings(host: Host, version: string): Finding[] {
  const at = (subject: string, status: FindingStatus, detail: string, mend = ""): Finding => ({
    group: t("Runtime"),
    subject,
    status,
    detail,
    mend,
  });
  const sqlite = process.getBuiltinModule("node:sqlite") as unknown;
  return [
    at("Gorgon", "ok", version),
    at("Node.js", "ok", t("{0} at {1}", process.versions.node, process.execPath)),
    sqlite === undefined
      ? at(
          "node:sqlite",
          "missing",
          t("Node {0} does not have it, so history is kept in memory only", process.versions.node),
          t("Use Node 22.13 or later; in VS Code, update VS Code."),
        )
      : at("node:sqlite", "ok", `SQLite ${process.versions["sqlite"] ?? ""}`.trim()),
    host.platform === TRIED_PLATFORM
      ? at(t("Platform"), "ok", `${host.platform} ${process.arch}`)
      : at(
          t("Platform"),
          "note",
          t("{0} {1}: its sensors were tried on recorded outputs only", host.platform, process.arch),
        ),
  ];
}

function machineFindings(facts: HostFacts, stack: DoctorInputs["stack"]): Finding[] {
  const at = (subject: string, detail: string): Finding => ({
    group: t("Machine"),
    subject,
    status: "note",
    detail,
    mend: "",
  });
  const found = [
    at(
      t("Host"),
      [facts.hostname, facts.os, facts.kernel, facts.virtualization].filter((one) => one !== "").join(", "),
    ),
    at("CPU", t("{0}, {1} cores", facts.cpuModel === "" ? t("unknown model") : facts.cpuModel, facts.cores)),
    at(t("Memory"), formatBytes(facts.memoryBytes)),
  ];
  const limit = stack.hub.latest("system.memory.limit")[0];
  const source = limit?.reading.attributes["gorgon.limit.source"] ?? "host";
  if (limit !== undefined && source !== "host") {
    found.push(at(t("Memory limit"), t("{0}, set by {1}", formatBytes(limit.reading.value), source)));
  }
  return found;
}

function sensorFindings({ hub }: DoctorInputs["stack"]): Finding[] {
  const crabs = hub.list();
  if (crabs.length === 0) {
    const detail = t("no crab is registered, so nothing is read");
    return [{ group: t("Sensors"), subject: t("All"), status: "broken", detail, mend: t("Restart the worker.") }];
  }
  return crabs.flatMap((crab) => {
    const count = new Map<string, number>();
    for (const { sensor } of crab.metrics.values()) count.set(sensor, (count.get(sensor) ?? 0) + 1);
    return crab.stats().sensors.map((health) => sensorFinding(health, count.get(health.sensor) ?? 0));
  });
}

function sensorFinding(health: SensorHealth, metrics: number): Finding {
  const subject = `${health.crab}/${health.sensor}`;
  if (!health.ok) {
    const detail = t("fails: {0} ({1} failures so far)", health.reason, health.failures);
    return { group: t("Sensors"), subject, status: "broken", detail, mend: mendOf(health.reason) };
  }
  // A sensor that found nothing to read is well, and says so.
  if (health.reason !== "") return { group: t("Sensors"), subject, status: "note", detail: health.reason, mend: "" };
  const took = `${health.lastMs.toFixed(2)} ms`;
  const every = formatDuration(health.intervalMs);
  const detail =
    metrics === 1
      ? t("1 metric, read in {took}, every {every}", { took, every })
      : t("{metrics} metrics, read in {took}, every {every}", { metrics, took, every });
  return { group: t("Sensors"), subject, status: "ok", detail, mend: "" };
}

function mendOf(reason: string): string {
  // What a sensor says of a code is in the window's language.
  const says = (code: string) => reason.includes(code) || reason.includes(whyUnreadable(code) ?? code);
  if (says("EACCES") || says("EPERM") || /permission/i.test(reason)) {
    return t("Run Gorgon as a user who may read this; in a container, mount it or lift the restriction.");
  }
  if (says("ENOENT") || /no such file/i.test(reason))
    return t("The system does not offer this file; in a container, mount /proc and /sys.");
  return t("It is tried again by itself with growing pauses. The log at level debug shows each attempt.");
}

async function configurationFindings(host: Host, config: LoadedConfig): Promise<Finding[]> {
  const group = t("Configuration");
  const own = userFile(host);
  const there = await stat(own).then(
    () => true,
    () => false,
  );
  const found: Finding[] = [
    {
      group,
      subject: t("User file"),
      status: "note",
      detail: there ? own : t("{0} is not there, which is fine", own),
      mend: "",
    },
  ];
  for (const one of config.problems) {
    const value = one.value === "" ? "" : ` = ${one.value}`;
    found.push({
      group,
      subject: `${one.key === "" ? t("File") : one.key}${value}`,
      status: one.severity === undefined ? "broken" : "note",
      detail:
        one.severity === undefined
          ? t("refused ({0})", `${one.source}${placeOf(one)}`)
          : t("in force ({0})", `${one.source}${placeOf(one)}`),
      mend: one.message,
    });
  }
  for (const { key, value, origin, where } of config.provenance) {
    const from = where === "" || where === origin ? origin : `${origin}, ${where}`;
    found.push({ group, subject: key, status: "ok", detail: `${value} (${from})`, mend: "" });
  }
  return found;
}

/** As terminals and editors make it a link: `:12:5`. */
function placeOf({ range }: ConfigProblem): string {
  return range === undefined ? "" : `:${String(range.line)}:${String(range.column)}`;
}
