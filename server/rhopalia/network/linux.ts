/** Network on Linux: /proc/net/dev. */
import type { Reading } from "../../../protocol/reading.ts";
import type { Host } from "../../host/host.ts";
import { Counters } from "../counters.ts";
import { NamedLines } from "../named-lines.ts";
import type { Rhopalium } from "../rhopalium.ts";
import type { Scanner } from "../scanner.ts";
import { Source } from "../source.ts";
import * as names from "./metrics.ts";

/**
 * Loopback is no network. The host's ends of containers' cables come and go with each container, which would leave a
 * dead series behind every time; their traffic is on the bridge (which is kept) and in the containers' own figures.
 */
const LEFT_OUT = /^(?:lo$|veth)/;

/** Two lines of headings come first. */
const HEADINGS = 2;

/** Words of a line between the received and the transmitted bytes. */
const BETWEEN = 7;

/** Names of interfaces that have gone, kept before they are forgotten. */
const GONE_KEPT = 64;

const COLON = 0x3a;

class Interface {
  readonly attributes: names.InterfaceAttributes;
  readonly counters = new Counters(names.COUNTERS);
  /** The reading in which it was there last. */
  seenIn = -1;

  constructor(host: Host, name: string) {
    this.attributes = names.interfaceAttributes(name, isStacked(host, name));
  }
}

/** Whether an interface stands on others. A bridge does even while nothing is plugged into it. */
function isStacked(host: Host, name: string): boolean {
  // The kernel allows no slash in a name; a text that has one is no interface's.
  if (name.includes("/")) return false;
  try {
    const entries = host.files.list(`/sys/class/net/${name}`);
    return entries.some((entry) => entry === "bridge" || entry === "bonding" || entry.startsWith("lower_"));
  } catch {
    return false; // Without /sys nothing is known to be stacked.
  }
}

class LinuxNetwork implements Rhopalium {
  readonly name = "network";
  readonly metrics = names.NETWORK_METRICS;
  readonly #host: Host;
  readonly #dev: Source;
  readonly #interfaces = new NamedLines((name) => (LEFT_OUT.test(name) ? null : new Interface(this.#host, name)));
  #reading = 0;

  constructor(host: Host) {
    this.#host = host;
    this.#dev = new Source(host, "/proc/net/dev");
  }

  read(): readonly Reading[] {
    const scanner = this.#dev.scan();
    const now = this.#host.clock.monotonic();
    const reading = ++this.#reading;
    const readings: Reading[] = [];
    for (let line = 0; line < HEADINGS; line++) scanner.nextLine();
    let place = 0;
    for (; !scanner.ended; scanner.nextLine()) {
      if (scanner.lineEnded()) continue;
      const from = scanner.at;
      const to = endOfName(scanner);
      const one = this.#interfaces.get(place++, scanner.bytes, from, to);
      if (one === null) continue;
      const { counters } = one;
      counters.values[names.RECEIVED] = scanner.whole();
      for (let word = 0; word < BETWEEN; word++) scanner.skipWord();
      counters.values[names.TRANSMITTED] = scanner.whole();
      if (one.seenIn !== reading - 1) counters.forget();
      one.seenIn = reading;
      const rated = counters.update(now);
      // Never used since boot: a spare port or a leftover of the kernel (ifb0, sit0) is no series.
      if (counters.values[names.RECEIVED] === 0 && counters.values[names.TRANSMITTED] === 0) continue;
      names.pushInterface(readings, one.attributes, counters.values, rated ? counters.rates : null);
    }
    this.#interfaces.prune(place, GONE_KEPT);
    return readings;
  }

  dispose(): void {
    this.#dev.dispose();
  }
}

/** Where the name ends; the scanner stands behind its colon, which the kernel may put right before the number. */
function endOfName(scanner: Scanner): number {
  const { bytes } = scanner;
  let at = scanner.at;
  while (at < bytes.length && bytes[at] !== COLON && bytes[at] !== 0x0a) at++;
  if (bytes[at] !== COLON) throw scanner.malformed("an interface has no name");
  scanner.at = at + 1;
  return at;
}

/** Traffic of each interface. Throws Unreadable or Malformed. */
export function linuxNetwork(host: Host): Rhopalium {
  return new LinuxNetwork(host);
}
