/** What the TCP sensor gives. */
import type { Attributes, MetricInfo } from "../../../protocol/reading.ts";

export const STATE_COUNT = "system.network.connection.count";
export const SOCKETS = "gorgon.tcp.sockets";
export const RETRANSMIT_RATIO = "gorgon.tcp.retransmit.ratio";

/** One counter of /proc/net/snmp or /proc/net/netstat, and what it is called here. */
export interface NamedCounter {
  /** `protocol.name` as the kernel writes them. */
  readonly source: string;
  readonly metric: string;
  readonly attributes: Attributes;
}

const counter = (source: string, metric: string, attributes: Attributes = {}): NamedCounter => ({
  source,
  metric,
  attributes,
});
const event = (name: string): Attributes => ({ "gorgon.tcp.connection.event": name });

export const SENT = "Tcp.OutSegs";
export const RETRANSMITTED = "Tcp.RetransSegs";

/** Every counter (RFC 4022 for those of `Tcp`; the others are Linux' own). */
export const COUNTERS: readonly NamedCounter[] = [
  counter("Tcp.InSegs", "gorgon.tcp.segments", { "network.io.direction": "receive" }),
  counter(SENT, "gorgon.tcp.segments", { "network.io.direction": "transmit" }),
  counter(RETRANSMITTED, "gorgon.tcp.retransmits"),
  counter("Tcp.InErrs", "gorgon.tcp.receive_errors"),
  counter("Tcp.OutRsts", "gorgon.tcp.resets"),
  counter("Tcp.ActiveOpens", "gorgon.tcp.connections", event("opened")),
  counter("Tcp.PassiveOpens", "gorgon.tcp.connections", event("accepted")),
  counter("Tcp.AttemptFails", "gorgon.tcp.connections", event("failed")),
  counter("Tcp.EstabResets", "gorgon.tcp.connections", event("reset")),
  counter("TcpExt.TCPTimeouts", "gorgon.tcp.timeouts"),
  counter("TcpExt.ListenOverflows", "gorgon.tcp.listen.overflows"),
  counter("TcpExt.ListenDrops", "gorgon.tcp.listen.drops"),
];

/** The kernel's numbers of the states (include/net/tcp_states.h), as OpenTelemetry calls them. */
export const STATES: readonly (readonly [number, string])[] = [
  [1, "established"],
  [2, "syn_sent"],
  [3, "syn_received"],
  [4, "fin_wait_1"],
  [5, "fin_wait_2"],
  [6, "time_wait"],
  [8, "close_wait"],
  [9, "last_ack"],
  [10, "listen"],
  [11, "closing"],
];

/** A request socket that was not accepted yet (TCP_NEW_SYN_RECV) has received a SYN like any other. */
export const NEW_SYN_RECEIVED = 12;

export const TCP_METRICS: readonly MetricInfo[] = [
  { name: STATE_COUNT, unit: "{connection}", kind: "gauge", description: "TCP connections by state" },
  {
    name: SOCKETS,
    unit: "{connection}",
    kind: "gauge",
    description: "TCP sockets in use, without an owner, lingering",
  },
  { name: RETRANSMIT_RATIO, unit: "1", kind: "gauge", description: "Share of the segments sent that were sent again" },
  { name: "gorgon.tcp.segments", unit: "{segment}", kind: "counter", description: "Segments received and sent" },
  { name: "gorgon.tcp.retransmits", unit: "{segment}", kind: "counter", description: "Segments sent again" },
  { name: "gorgon.tcp.receive_errors", unit: "{segment}", kind: "counter", description: "Damaged segments received" },
  { name: "gorgon.tcp.resets", unit: "{segment}", kind: "counter", description: "Resets sent" },
  { name: "gorgon.tcp.connections", unit: "{connection}", kind: "counter", description: "What became of connections" },
  {
    name: "gorgon.tcp.timeouts",
    unit: "{connection}",
    kind: "counter",
    description: "Retransmission timers that ran out",
  },
  {
    name: "gorgon.tcp.listen.overflows",
    unit: "{connection}",
    kind: "counter",
    description: "Connections that found the accept queue full",
  },
  {
    name: "gorgon.tcp.listen.drops",
    unit: "{connection}",
    kind: "counter",
    description: "Connections that a listening socket dropped, for any reason",
  },
];
