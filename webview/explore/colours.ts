/** What a slot of `slots.ts` looks like in a theme. */
import type { Look } from "../charts/curves.ts";
import type { Palette } from "../charts/palette.ts";
import { INKS } from "./slots.ts";

/** Solid, dashed, dotted, dash and dot. */
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [8, 3, 2, 3]];
/** The second shade goes this far towards the text's colour. */
const SHADE = 0.45;

const known = new WeakMap<Palette, Look[]>();

/** What a slot looks like in a theme. Where nothing may rest on hue, neighbours differ in their dashes too. */
export function lookOf(slot: number, palette: Palette): Look {
  // Every frame asks for every line's.
  const looks = known.get(palette) ?? [];
  known.set(palette, looks);
  return (looks[slot] ??= newLook(slot, palette));
}

function newLook(slot: number, palette: Palette): Look {
  const round = Math.floor(slot / INKS.length);
  const ink = INKS[slot % INKS.length] ?? "cpu";
  const colour = round % 2 === 0 ? palette.ink[ink] : mixed(palette.ink[ink], palette.text);
  const pattern = palette.highContrast ? slot + round : round >> 1;
  return { colour, dash: DASHES[pattern % DASHES.length] ?? [], marker: null };
}

/** A colour on its way to another; as it is when it is not written as rgb. */
export function mixed(colour: string, towards: string): string {
  const from = numbersOf(colour);
  const to = numbersOf(towards);
  if (from === null || to === null) return colour;
  const parts = from.map((part, index) => Math.round(part + ((to[index] ?? part) - part) * SHADE));
  return `rgb(${parts.join(", ")})`;
}

function numbersOf(colour: string): number[] | null {
  const found = /^rgba?\(\s*([\d.]+),\s*([\d.]+),\s*([\d.]+)/.exec(colour);
  return found === null ? null : found.slice(1, 4).map(Number);
}
