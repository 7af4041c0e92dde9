/** What the network sensor gives, on every platform. */
import type { Attributes, MetricInfo, Reading } from "../../../protocol/reading.ts";

export const IO = "system.network.io";
export const RATE = "gorgon.network.io.rate";

export const NETWORK_METRICS: readonly MetricInfo[] = [
  { name: IO, unit: "By", kind: "counter", description: "Bytes received and transmitted by an interface" },
  { name: RATE, unit: "By/s", kind: "gauge", description: "Bytes a second received and transmitted by an interface" },
];

/** Places of the counters. */
export const [RECEIVED, TRANSMITTED] = [0, 1] as const;
export const COUNTERS = 2;

/** The attributes of one interface's series, made once. */
export interface InterfaceAttributes {
  readonly receive: Attributes;
  readonly transmit: Attributes;
}

/**
 * On an interface that stands on others (bridge, bond, VLAN): its traffic is counted on those too, so a total over
 * interfaces leaves it out.
 */
export const STACKED: Attributes = { "gorgon.network.stacked": "true" };

export function interfaceAttributes(name: string, stacked = false): InterfaceAttributes {
  const of = (direction: string): Attributes => ({
    "network.interface.name": name,
    "network.io.direction": direction,
    ...(stacked ? STACKED : {}),
  });
  return { receive: of("receive"), transmit: of("transmit") };
}

/** The readings of one interface, with its rates when there are any. */
export function pushInterface(
  into: Reading[],
  { receive, transmit }: InterfaceAttributes,
  values: Float64Array,
  rates: Float64Array | null,
): void {
  into.push({ metric: IO, attributes: receive, value: values[RECEIVED] ?? 0 });
  into.push({ metric: IO, attributes: transmit, value: values[TRANSMITTED] ?? 0 });
  if (rates === null) return;
  into.push({ metric: RATE, attributes: receive, value: rates[RECEIVED] ?? 0 });
  into.push({ metric: RATE, attributes: transmit, value: rates[TRANSMITTED] ?? 0 });
}
