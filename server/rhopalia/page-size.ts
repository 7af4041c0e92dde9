/** The size of a memory page, from the auxiliary vector that the kernel gives every process (getauxval(3)). */
import type { Host } from "../host/host.ts";

const AT_PAGESZ = 6n;
/** Pairs of 64-bit words, a kind and a value: Node's Linux machines all have 64 bits. */
const PAIR_BYTES = 16;
const USUAL_BYTES = 4096;

/** Bytes of a page; the usual size where the vector is hidden. */
export function pageBytes(host: Host): number {
  const file = host.files.live("/proc/self/auxv");
  try {
    const bytes = file.read();
    for (let at = 0; at + PAIR_BYTES <= bytes.length; at += PAIR_BYTES) {
      if (bytes.readBigUInt64LE(at) !== AT_PAGESZ) continue;
      const size = Number(bytes.readBigUInt64LE(at + 8));
      return size >= 1024 && size <= 2 ** 24 ? size : USUAL_BYTES;
    }
  } catch {
    // A container may hide it.
  } finally {
    file.dispose();
  }
  return USUAL_BYTES;
}
