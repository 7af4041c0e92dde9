/** Finds the placeholders of a rule's message, and those that nothing will fill in. */
import { nearest } from "./nearest.ts";

/** Filled in for every rule; any other name is an attribute or a label of the alert. */
export const PLACEHOLDERS = ["value", "threshold", "title", "metric", "level", "node"] as const;

/** A name in braces; anything else in braces is text. */
const PLACEHOLDER = /\{([A-Za-z_][A-Za-z0-9_./-]{0,199})\}/g;

/** The names in braces, each once. */
export function placeholdersOf(message: string): readonly string[] {
  return [...new Set([...message.matchAll(PLACEHOLDER)].map(([, name = ""]) => name))];
}

/**
 * The message with its placeholders filled in; those for which `textOf` gives null stay as they are written. What is filled in
 * is not looked at again.
 */
export function filledIn(message: string, textOf: (name: string) => string | null): string {
  return message.replace(PLACEHOLDER, (written, name: string) => textOf(name) ?? written);
}

/** A placeholder that stays as it is written. */
export interface UnknownPlaceholder {
  readonly name: string;
  /** What was probably meant, nearest first. */
  readonly near: readonly string[];
}

/**
 * Those placeholders that are neither built in nor among the known attributes. `open`: the attributes of the series are
 * not known now, so that a name with a dot may be one of them.
 */
export function unknownPlaceholders(
  message: string,
  attributes: readonly string[],
  open: boolean,
): UnknownPlaceholder[] {
  const known = [...PLACEHOLDERS, ...attributes];
  return placeholdersOf(message)
    .filter((name) => !known.includes(name) && !(open && name.includes(".")))
    .map((name) => ({ name, near: nearest(name, known, 3) }));
}
