/** The README's tables of commands and settings, made from the contributions. */
import { COMMAND_LIST, SETTINGS, type SettingContribution } from "./contributions.ts";

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function allowed(setting: SettingContribution): string {
  if (setting.type === "boolean") return "true, false";
  if (setting.choices !== undefined) return setting.choices.join(", ");
  if (setting.type === "array") return "list of strings";
  const range = `${String(setting.minimum)} to ${String(setting.maximum)}`;
  return setting.default === null ? `${range}, or null` : range;
}

/** The README's table of settings. */
export function settingsTable(): string {
  const rows = Object.entries(SETTINGS).map(
    ([key, setting]: [string, SettingContribution]) =>
      `| \`gorgon.${key}\` | \`${JSON.stringify(setting.default)}\` | ${allowed(setting)} | ${cell(setting.markdownDescription)} |`,
  );
  return [
    "| setting | default | allowed | what changes and what it costs |",
    "| --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

/** The README's table of commands. */
export function commandsTable(): string {
  const rows = COMMAND_LIST.map((one) => `| Gorgon: ${cell(one.title)} | ${cell(one.help)} |`);
  return ["| command | what it does |", "| --- | --- |", ...rows].join("\n");
}

/** Puts `table` between `<!-- name -->` and `<!-- /name -->`; a text without these markers stays as it is. */
export function putTable(text: string, name: string, table: string): string {
  const open = `<!-- ${name} -->`;
  const close = `<!-- /${name} -->`;
  const from = text.indexOf(open);
  const to = text.indexOf(close);
  if (from < 0 || to < from) return text;
  return `${text.slice(0, from + open.length)}\n\n${table}\n\n${text.slice(to)}`;
}

/** The README with both tables as they must be. */
export function withTables(readme: string): string {
  return putTable(putTable(readme, "settings", settingsTable()), "commands", commandsTable());
}
