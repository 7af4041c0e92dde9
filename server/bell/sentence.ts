/** Some series say in words of their own what happened, because no number can: why a kernel died. */
import type { Attributes } from "../../protocol/reading.ts";
import { SENTENCE } from "../rhopalia/kernel/metrics.ts";
import { printable } from "./printable.ts";

/** As long as an alert's text may be. */
const MAX_TEXT = 2000;

/** The series' own sentence, without its full stop so that it fits among others; null: it has none. */
export function sentenceOf(attributes: Attributes): string | null {
  const said = printable(attributes[SENTENCE] ?? "", MAX_TEXT).replace(/[.:]$/, "");
  return said === "" ? null : said;
}
