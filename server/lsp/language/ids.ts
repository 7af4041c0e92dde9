/** The ids of a list as it is written, whatever else is wrong with its items. */

/** Texts alone: what is no text is no id. */
export function textsOfIds(list: unknown): readonly string[] {
  if (!Array.isArray(list)) return [];
  return (list as readonly unknown[]).flatMap((item) => {
    const id: unknown = item instanceof Map ? item.get("id") : undefined;
    return typeof id === "string" ? [id] : [];
  });
}
