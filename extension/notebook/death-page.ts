/** The page of one kernel's death: what happened, what can be done, and what speaks for it, best first. */
import { t } from "@vscode/l10n";
import { formatBytes } from "../../protocol/format.ts";
import type { KernelDeath } from "../../protocol/kernel.ts";
import { ofLimit } from "../../protocol/cell-words.ts";
import { causeWords, sourceWords } from "../../protocol/kernel-words.ts";
import { html } from "../escape.ts";
import { moment } from "../../protocol/moment.ts";
import type { PageContent } from "./page.ts";

/** The page. `cellName` is empty where no cell is known. */
export function deathPage(death: KernelDeath, cellName: string, file: string): PageContent {
  const { kernel, lastBytes, lastAt, limit } = death;
  const facts: readonly (readonly [string, string])[] = [
    [t("Cause"), causeWords(death)],
    [t("When"), moment(death.time)],
    [t("Cell that ran"), cellName === "" ? t("none, or not known") : cellName],
    [t("Notebook"), file],
    [
      t("Last size"),
      lastBytes === null
        ? ""
        : `${limit === null ? formatBytes(lastBytes) : ofLimit(lastBytes, limit.bytes)}${lastAt === null ? "" : `, ${moment(lastAt)}`}`,
    ],
    [t("Limit"), limit === null ? "" : `${formatBytes(limit.bytes)}, ${limit.source}`],
    [t("Process"), t("pid {0} on {1}, started {2}", kernel.pid, kernel.host, moment(kernel.startedAt))],
    [t("Connection file"), death.connection],
    [t("Folder"), death.folder],
  ];
  const rows = facts
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `<tr><th scope="row" class="muted">${html(name)}</th><td>${html(value)}</td></tr>`);
  const evidence = death.evidence.map(
    (one) => `<li>${html(one.says)}<br><span class="muted">${html(sourceWords(one))}</span></li>`,
  );
  const body = [
    `<h1 class="CRIT">${html(death.sentence)}</h1>`,
    ...(death.mend === "" ? [] : [`<h2>${html(t("What can be done"))}</h2><p>${html(death.mend)}</p>`]),
    `<h2>${html(t("What speaks for it, best first"))}</h2>`,
    evidence.length === 0
      ? `<p>${html(t("Nothing was found: nobody was watching closely enough when it ended."))}</p>`
      : `<ol>${evidence.join("")}</ol>`,
    `<table><caption>${html(t("What is known"))}</caption><tbody>${rows.join("\n")}</tbody></table>`,
  ];
  return { title: t("Why the kernel died"), body: body.join("\n") };
}
