/** The settings' titles and descriptions in the page's language: Lab by itself translates only those of its language packs. */
import type { ISettingRegistry } from "@jupyterlab/settingregistry";
import { t } from "@vscode/l10n";

/** What stands in the schema, by the setting's name. */
export function settingWords(): Readonly<Record<string, { readonly title: string; readonly description: string }>> {
  return {
    show: {
      title: t("Shown under a cell"),
      description: t(
        "What stands under a cell, in this order. Whatever is left out is still measured and in the table that a click opens.",
      ),
    },
    minWall: {
      title: t("Shortest run shown, seconds"),
      description: t(
        "Seconds that a run must have taken for its cost to stand under the cell; WARN, CRIT and errors always do.",
      ),
    },
    warn: {
      title: t("WARN from, percent of the limit"),
      description: t("From which share of its memory limit a cell's peak looks like a warning."),
    },
    crit: {
      title: t("CRIT from, percent of the limit"),
      description: t("From which share of its memory limit a cell's peak looks critical."),
    },
    measure: {
      title: t("Measure kernels by itself"),
      description: t(
        "python: the extension of IPython is loaded silently into each Python kernel of an opened notebook, if it is installed there. off: only by %load_ext gorgon or the command.",
      ),
    },
    persist: {
      title: t("Keep costs in the notebook file"),
      description: t(
        "Writes the cost of each cell's last run into the cell's metadata (metadata.gorgon). Whoever gets the file sees it, and each run changes the file.",
      ),
    },
  };
}

/** The schema with those words, for the settings editor. */
export function inLanguage(plugin: ISettingRegistry.IPlugin): ISettingRegistry.IPlugin {
  const words = settingWords();
  const properties: Record<string, ISettingRegistry.IProperty> = {};
  for (const [name, property] of Object.entries(plugin.schema.properties ?? {})) {
    properties[name] = { ...property, ...words[name] };
  }
  const description = t("What notebook cells cost, why a kernel died, and the machine's bell.");
  return { ...plugin, schema: { ...plugin.schema, description, properties } };
}
