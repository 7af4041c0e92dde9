/** The page's language: the sentences that its document carries, or English. */
import { config } from "@vscode/l10n";

/** Takes the sentences from `<script type="application/json" id="words">`. Before anything is built. */
export function speakLanguage(): void {
  const text = document.getElementById("words")?.textContent ?? "";
  if (text === "") return;
  try {
    const words: unknown = JSON.parse(text);
    if (typeof words === "object" && words !== null) config({ contents: words as Record<string, string> });
  } catch {
    // A bundle that is cut off is no reason for an empty page: it speaks English.
  }
}
