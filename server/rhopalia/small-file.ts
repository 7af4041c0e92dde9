/** Small files of the kernel with one value in them, read whole: for what is looked at seldom. */
import type { Host } from "../host/host.ts";

/** The text without the blanks around it; null when it cannot be read, which for one of many such files is usual. */
export function smallText(host: Host, path: string): string | null {
  try {
    return host.files.text(path).trim();
  } catch {
    return null; // Absent, forbidden, or a device that does not answer just now.
  }
}

/** A whole number, which may be negative; null for anything else. */
export function smallNumber(host: Host, path: string): number | null {
  const text = smallText(host, path);
  return text !== null && /^-?\d{1,19}$/.test(text) ? Number(text) : null;
}

/** Names in a folder in a fixed order; none when it cannot be read. */
export function namesIn(host: Host, path: string): readonly string[] {
  try {
    return [...host.files.list(path)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  } catch {
    return [];
  }
}
