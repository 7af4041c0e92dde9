/** What keeps the journal from being written, in words with the mend. */
import { faultOf, reasonOf } from "../sqlite-errors.ts";

/** A sentence for faces. */
export function journalTrouble(folder: string, error: unknown): string {
  const words = reasonOf(error);
  switch (faultOf(error)) {
    case "full":
      return `History is kept in memory only: there is no room for ${folder} (${words}). Free some space; it goes on by itself.`;
    case "denied":
      return `History is kept in memory only: ${folder} cannot be written (${words}). Allow this user to write there; it goes on by itself.`;
    default:
      return `History is kept in memory only: ${folder} cannot be used (${words}). It is tried again by itself.`;
  }
}
