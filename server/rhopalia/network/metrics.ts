/** What the network sensor gives, on every platform. */
import type { Attributes, MetricInfo, Reading } from "../../../protocol/reading.ts";

export const IO = "system.network.io";
export const RATE = "gorgon.network.io.rate";

export const NETWORK_METRICS: readonly MetricInfo[] = [
  { name: IO, unit: "By", kind: "counter", description: "Bytes received and transmitted by an interface" },
  { name: RATE, unit: "By/s", kind: "gauge", description: "Bytes a second received and transmitted by an interface" },
];

/** What Linux gives besides. */
const PACKETS = "system.network.packet.count";
const ERRORS = "system.network.errors";
const DROPPED = "system.network.packet.dropped";
const PACKET_RATE = "gorgon.network.packet.rate";
const ERROR_RATE = "gorgon.network.errors.rate";
const DROP_RATE = "gorgon.network.packet.dropped.rate";

export const PACKET_METRICS: readonly MetricInfo[] = [
  { name: PACKETS, unit: "{packet}", kind: "counter", description: "Packets received and transmitted" },
  { name: ERRORS, unit: "{error}", kind: "counter", description: "Packets that were damaged or could not be sent" },
  { name: DROPPED, unit: "{packet}", kind: "counter", description: "Sound packets that found no room or no taker" },
  { name: PACKET_RATE, unit: "{packet}/s", kind: "gauge", description: "Packets a second" },
  { name: ERROR_RATE, unit: "{error}/s", kind: "gauge", description: "Packets a second that were damaged" },
  { name: DROP_RATE, unit: "{packet}/s", kind: "gauge", description: "Packets a second that were dropped" },
];

/** Places of the counters that all platforms have. */
export const [RECEIVED, TRANSMITTED] = [0, 1] as const;
export const COUNTERS = 2;

/** Places of the others: received, then transmitted, in the order of /proc/net/dev. */
export const [RECEIVED_PACKETS, TRANSMITTED_PACKETS] = [2, 5] as const;
export const ALL_COUNTERS = 8;

/** Counter and rate behind each place from RECEIVED_PACKETS on, and again from TRANSMITTED_PACKETS on. */
const BY_PLACE = [
  [PACKETS, PACKET_RATE],
  [ERRORS, ERROR_RATE],
  [DROPPED, DROP_RATE],
] as const;

/** How many counters follow each of those places. */
export const PACKET_COUNTERS = BY_PLACE.length;

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

/** Packets, errors and drops of one interface, with their rates when there are any. */
export function pushPackets(
  into: Reading[],
  { receive, transmit }: InterfaceAttributes,
  values: Float64Array,
  rates: Float64Array | null,
): void {
  for (let place = 0; place < PACKET_COUNTERS; place++) {
    const [total, rate] = BY_PLACE[place] ?? BY_PLACE[0];
    into.push({ metric: total, attributes: receive, value: values[RECEIVED_PACKETS + place] ?? 0 });
    into.push({ metric: total, attributes: transmit, value: values[TRANSMITTED_PACKETS + place] ?? 0 });
    if (rates === null) continue;
    into.push({ metric: rate, attributes: receive, value: rates[RECEIVED_PACKETS + place] ?? 0 });
    into.push({ metric: rate, attributes: transmit, value: rates[TRANSMITTED_PACKETS + place] ?? 0 });
  }
}
