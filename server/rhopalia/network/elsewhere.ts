/** Network on macOS and Windows, through systeminformation. */
import { t } from "@vscode/l10n";
import type { Reading } from "../../../protocol/reading.ts";
import type { Host } from "../../host/host.ts";
import { Counters } from "../counters.ts";
import { Malformed, type Rhopalium } from "../rhopalium.ts";
import { given, type SystemInformation } from "../systeminformation.ts";
import * as names from "./metrics.ts";

const LOOPBACK = /^lo\d*$|loopback/i;

/** Traffic of each interface. Throws Malformed when the library lists none. */
export function otherNetwork(host: Host, information: SystemInformation): Rhopalium {
  const interfaces = new Map<string, { attributes: names.InterfaceAttributes; counters: Counters }>();
  return {
    name: "network",
    metrics: names.NETWORK_METRICS,
    read: async (signal) => {
      const found = await information.ask("the network", (library) => library.networkStats("*"), signal);
      if (!Array.isArray(found) || found.length === 0) {
        throw new Malformed("systeminformation", t("it lists no network interface"));
      }
      const now = host.clock.monotonic();
      const readings: Reading[] = [];
      const present = new Set<string>();
      for (const { iface, rx_bytes, tx_bytes } of found) {
        if (LOOPBACK.test(iface) || present.has(iface)) continue;
        const received = given(rx_bytes, `what ${iface} received`);
        const transmitted = given(tx_bytes, `what ${iface} transmitted`);
        // Never used and not found out look the same here.
        if (received === 0 && transmitted === 0) continue;
        present.add(iface);
        let one = interfaces.get(iface);
        if (one === undefined) {
          one = { attributes: names.interfaceAttributes(iface), counters: new Counters(names.COUNTERS) };
          interfaces.set(iface, one);
        }
        const { counters, attributes } = one;
        counters.values[names.RECEIVED] = received;
        counters.values[names.TRANSMITTED] = transmitted;
        const rated = counters.update(now);
        names.pushInterface(readings, attributes, counters.values, rated ? counters.rates : null);
      }
      for (const name of interfaces.keys()) if (!present.has(name)) interfaces.delete(name);
      return readings;
    },
    dispose: () => undefined,
  };
}
