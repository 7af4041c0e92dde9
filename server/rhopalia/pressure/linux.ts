/** Pressure stall information: the share of time in which tasks waited for CPU, memory or IO. Linux alone has it. */
import { t } from "@vscode/l10n";
import type { Attributes, MetricInfo, Reading } from "../../../protocol/reading.ts";
import type { Host } from "../../host/host.ts";
import { ownCgroups } from "../cgroup.ts";
import { Unreadable } from "../reason.ts";
import { NoData, type Rhopalium } from "../rhopalium.ts";
import { Source } from "../source.ts";

const RATIO = "gorgon.pressure.ratio";
const TIME = "gorgon.pressure.time";

const RESOURCES = ["cpu", "memory", "io"] as const;
const KINDS = ["some", "full"] as const;
const WINDOWS = ["10s", "60s", "300s"] as const;

/** What the kernel says when it was built with PSI but started with psi=0, or built without. */
const NOT_HERE: ReadonlySet<string> = new Set(["ENOENT", "EOPNOTSUPP", "ENOTSUP", "ENODEV"]);

/** How often the own control group is looked for again: a process is seldom moved. */
const GROUP_LOOK_MS = 60_000;

/** One `some` or `full` line. */
interface Line {
  readonly word: Buffer;
  readonly ratios: readonly Attributes[];
  readonly time: Attributes;
}

interface Resource {
  readonly source: Source;
  readonly lines: readonly Line[];
}

/** What the sensor gives. */
export const PRESSURE_METRICS: readonly MetricInfo[] = [
  { name: RATIO, unit: "1", kind: "gauge", description: "Share of time in which some or all tasks waited" },
  { name: TIME, unit: "s", kind: "counter", description: "Time in which some or all tasks waited" },
];

class LinuxPressure implements Rhopalium {
  readonly name = "pressure";
  readonly metrics = PRESSURE_METRICS;
  readonly #host: Host;
  readonly #resources: readonly Resource[];
  /** Of the own control group; empty when it has none, and for the root group, whose figures are the machine's. */
  #ofGroup: readonly Resource[] = [];
  #group = "";
  #lookedAt = -Infinity;

  constructor(host: Host) {
    this.#host = host;
    this.#resources = RESOURCES.map((resource) => makeResource(host, resource, `/proc/pressure/${resource}`, {}));
  }

  read(): readonly Reading[] {
    const readings: Reading[] = [];
    for (const resource of this.#resources) readResource(readings, resource);
    this.#findGroup();
    let found = false;
    for (const resource of this.#ofGroup) found = readResource(readings, resource) || found;
    // The group was taken away: perhaps this process is in another one now.
    if (!found && this.#ofGroup.length > 0) this.#group = "";
    if (readings.length === 0) {
      throw new NoData(
        t("this kernel keeps no pressure figures (PSI); they need Linux 4.20 and may need psi=1 at boot"),
      );
    }
    return readings;
  }

  #findGroup(): void {
    const now = this.#host.clock.monotonic();
    if (now - this.#lookedAt < GROUP_LOOK_MS) return;
    this.#lookedAt = now;
    const own = ownCgroups(this.#host, "memory").find((one) => one.version === 2);
    // Only the root group lacks this file; in a container the group called / is not the root.
    const folder = own !== undefined && this.#host.files.exists(`${own.folder}/cgroup.events`) ? own.folder : "";
    if (folder === this.#group) return;
    for (const { source } of this.#ofGroup) source.dispose();
    this.#group = folder;
    const attributes = { "gorgon.cgroup": own?.name ?? "" };
    this.#ofGroup =
      folder === ""
        ? []
        : RESOURCES.map((one) => makeResource(this.#host, one, `${folder}/${one}.pressure`, attributes));
  }

  dispose(): void {
    for (const { source } of [...this.#resources, ...this.#ofGroup]) source.dispose();
  }
}

function makeResource(host: Host, resource: string, path: string, more: Attributes): Resource {
  return {
    source: new Source(host, path, { atOnce: true }),
    lines: KINDS.map((kind) => {
      const time = { ...more, "gorgon.pressure.resource": resource, "gorgon.pressure.kind": kind };
      return {
        word: Buffer.from(`${kind} `),
        time,
        ratios: WINDOWS.map((window) => ({ ...time, "gorgon.pressure.window": window })),
      };
    }),
  };
}

/**
 * False when there is no such file. `some avg10=1.53 avg60=0.87 avg300=0.22 total=157622`; averages in percent, the total in
 * microseconds.
 */
function readResource(into: Reading[], { source, lines }: Resource): boolean {
  let scanner;
  try {
    scanner = source.scan();
  } catch (error) {
    if (error instanceof Unreadable && NOT_HERE.has(error.code)) return false;
    throw error;
  }
  for (; !scanner.ended; scanner.nextLine()) {
    for (const line of lines) {
      if (!scanner.startsWith(line.word)) continue;
      for (const attributes of line.ratios) {
        scanner.skipPast(EQUALS);
        into.push({ metric: RATIO, attributes, value: Math.min(1, scanner.decimal(100)) });
      }
      scanner.skipPast(EQUALS);
      into.push({ metric: TIME, attributes: line.time, value: scanner.whole() / 1e6 });
      break;
    }
  }
  return true;
}

const EQUALS = 0x3d;

/** Pressure by resource, kind and window. Throws NoData where the kernel has none. */
export function linuxPressure(host: Host): Rhopalium {
  return new LinuxPressure(host);
}
