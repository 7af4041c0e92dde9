/** What a series is called in a sentence: its mount point, interface or device, else its attribute values. */
import type { Attributes } from "../../protocol/reading.ts";
import { printable } from "./printable.ts";

/** The attributes that name a thing by themselves, best first. */
const NAMING = [
  "system.filesystem.mountpoint",
  "network.interface.name",
  "system.device",
  "jupyter.kernel.name",
] as const;

/** The name without what the rule asks for anyway; empty when nothing tells the series apart. */
export function seriesName(attributes: Attributes, match: Attributes = {}): string {
  const rest = Object.keys(attributes).filter((key) => !Object.hasOwn(match, key));
  const naming = NAMING.find((key) => rest.includes(key));
  const others = rest.filter((key) => key.endsWith(".direction") || key.endsWith(".state"));
  const keys = naming === undefined ? rest.sort() : [naming, ...others];
  return printable(keys.map((key) => attributes[key] ?? "").join(" "), 80);
}
