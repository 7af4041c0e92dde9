/** SHA-1 of a text, as the kernel's package computes it of a cell: the browser's own needs a secure page, and time to answer. */

function turned(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** What a round does with three words, and the constant it adds (FIPS 180-4, 4.1.1 and 4.2.1). */
function mixed(round: number, b: number, c: number, d: number): number {
  if (round < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  return round < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc : (b ^ c ^ d) + 0xca62c1d6;
}

/** SHA-1 of the text in UTF-8, hexadecimal (FIPS 180-4, 6.1). */
export function sha1(text: string): string {
  const bytes = new TextEncoder().encode(text);
  // One bit, zeros, and the length in bits as the last eight bytes of a whole number of blocks.
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 0x20000000));
  view.setUint32(padded.length - 4, (bytes.length << 3) >>> 0);
  let state: [number, number, number, number, number] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  const words = new Int32Array(80);
  const word = (at: number): number => words[at] ?? 0;
  for (let block = 0; block < padded.length; block += 64) {
    for (let at = 0; at < 16; at += 1) words[at] = view.getInt32(block + at * 4);
    for (let at = 16; at < 80; at += 1) {
      words[at] = turned(word(at - 3) ^ word(at - 8) ^ word(at - 14) ^ word(at - 16), 1);
    }
    let [a, b, c, d, e] = state;
    for (let round = 0; round < 80; round += 1) {
      const next = (turned(a, 5) + mixed(round, b, c, d) + e + word(round)) | 0;
      [e, d, c, b, a] = [d, c, turned(b, 30), a, next];
    }
    state = [state[0] + a, state[1] + b, state[2] + c, state[3] + d, state[4] + e];
    state = [state[0] | 0, state[1] | 0, state[2] | 0, state[3] | 0, state[4] | 0];
  }
  return state.map((one) => (one >>> 0).toString(16).padStart(8, "0")).join("");
}
