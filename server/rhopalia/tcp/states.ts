/** Counts the states in /proc/net/tcp without making a string of any line. */
import { Scanner } from "../scanner.ts";

const COLON = 0x3a;

/**
 * Adds each line's state to `counts`, by the kernel's number. A line is `sl: local:port remote:port st ...`, its state
 * two hexadecimal digits. Throws Malformed.
 */
export function countStates(path: string, table: Buffer, counts: Uint32Array): void {
  const scanner = new Scanner(path);
  scanner.reset(table);
  scanner.nextLine(); // headings
  for (; !scanner.ended; scanner.nextLine()) {
    if (scanner.lineEnded()) continue;
    scanner.skipPast(COLON);
    scanner.skipWord(); // local address
    scanner.skipWord(); // remote address
    if (scanner.lineEnded()) throw scanner.malformed("a connection has no state");
    const { bytes, at } = scanner;
    const state = digit(bytes[at]) * 16 + digit(bytes[at + 1]);
    // NaN for what is no digit: it counts as no state.
    if (!(state < counts.length)) throw scanner.malformed("a connection has a state that is none");
    counts[state] = (counts[state] ?? 0) + 1;
  }
}

/** A hexadecimal digit as the kernel writes it, in capitals; NaN for anything else. */
function digit(byte = 0): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  return byte >= 0x41 && byte <= 0x46 ? byte - 0x41 + 10 : NaN;
}
