/** The page's language: Gorgon's own sentences in Lab's language where they are translated, else English. */
import type { ITranslator } from "@jupyterlab/translation";
import { config } from "@vscode/l10n";

/** To be awaited before anything is said. */
export async function speakLanguage(translator: ITranslator | null): Promise<void> {
  // Lab calls it `default` as long as nobody has chosen one; early releases of Lab 4 do not tell it.
  const { languageCode = "" }: Partial<ITranslator> = translator ?? {};
  if (!languageCode.toLowerCase().startsWith("de")) return;
  const { default: contents } = await import("../../l10n/bundle.l10n.de.json");
  config({ contents });
}
