/** Pressure stall information: the share of time in which tasks waited for CPU, memory or IO. Linux alone has it. */
import type { Attributes, MetricInfo, Reading } from "../../../protocol/reading.ts";
import type { Host } from "../../host/host.ts";
import { Unreadable } from "../reason.ts";
import { NoData, type Rhopalium } from "../rhopalium.ts";
import { Source } from "../source.ts";

const RATIO = "gorgon.pressure.ratio";
const TIME = "gorgon.pressure.time";

const RESOURCES = ["cpu", "memory", "io"] as const;
const KINDS = ["some", "full"] as const;
const WINDOWS = ["10s", "60s", "300s"] as const;

/** What the kernel says when it was built with PSI but started with psi=0, or built without. */
const NOT_HERE: ReadonlySet<string> = new Set(["ENOENT", "EOPNOTSUPP", "ENOTSUP"]);

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

class LinuxPressure implements Rhopalium {
  readonly name = "pressure";
  readonly metrics: readonly MetricInfo[] = [
    { name: RATIO, unit: "1", kind: "gauge", description: "Share of time in which some or all tasks waited" },
    { name: TIME, unit: "s", kind: "counter", description: "Time in which some or all tasks waited" },
  ];
  readonly #resources: readonly Resource[];

  constructor(host: Host) {
    this.#resources = RESOURCES.map((resource) => ({
      source: new Source(host, `/proc/pressure/${resource}`, { atOnce: true }),
      lines: KINDS.map((kind) => {
        const time = { "gorgon.pressure.resource": resource, "gorgon.pressure.kind": kind };
        return {
          word: Buffer.from(`${kind} `),
          time,
          ratios: WINDOWS.map((window) => ({ ...time, "gorgon.pressure.window": window })),
        };
      }),
    }));
  }

  read(): readonly Reading[] {
    const readings: Reading[] = [];
    for (const resource of this.#resources) readResource(readings, resource);
    if (readings.length === 0) {
      throw new NoData("this kernel keeps no pressure figures (PSI); they need Linux 4.20 and may need psi=1 at boot");
    }
    return readings;
  }

  dispose(): void {
    for (const { source } of this.#resources) source.dispose();
  }
}

/** `some avg10=1.53 avg60=0.87 avg300=0.22 total=157622`; averages in percent, the total in microseconds. */
function readResource(into: Reading[], { source, lines }: Resource): void {
  let scanner;
  try {
    scanner = source.scan();
  } catch (error) {
    if (error instanceof Unreadable && NOT_HERE.has(error.code)) return;
    throw error;
  }
  for (; !scanner.ended; scanner.nextLine()) {
    for (const line of lines) {
      if (!scanner.startsWith(line.word)) continue;
      for (const attributes of line.ratios) {
        scanner.skipPast(EQUALS);
        into.push({ metric: RATIO, attributes, value: Math.min(1, scanner.decimal() / 100) });
      }
      scanner.skipPast(EQUALS);
      into.push({ metric: TIME, attributes: line.time, value: scanner.whole() / 1e6 });
      break;
    }
  }
}

const EQUALS = 0x3d;

/** Pressure by resource, kind and window. Throws NoData where the kernel has none. */
export function linuxPressure(host: Host): Rhopalium {
  return new LinuxPressure(host);
}
