/** Problems of a configuration as an editor shows them, and the changes that mend them. */
import { t } from "@vscode/l10n";
import {
  type CodeAction,
  CodeActionKind,
  type Diagnostic,
  DiagnosticSeverity,
  type Range,
} from "vscode-languageserver/node";
import type { ConfigProblem, TextRange } from "../../../protocol/state.ts";

/** Enough to see what kind of mistake was made. */
const MAX_DIAGNOSTICS = 200;

const START: TextRange = { line: 1, column: 1, endLine: 1, endColumn: 1 };

/** Editors count from 0. */
function rangeOf({ line, column, endLine, endColumn }: TextRange): Range {
  return {
    start: { line: line - 1, character: column - 1 },
    end: { line: endLine - 1, character: endColumn - 1 },
  };
}

const SEVERITY = { warning: DiagnosticSeverity.Warning, information: DiagnosticSeverity.Information } as const;

/** What goes with a diagnostic and comes back with the question for its mends. */
interface Data {
  readonly suggestions: readonly string[];
}

/** One diagnostic a problem. */
export function diagnosticsOf(problems: readonly ConfigProblem[]): Diagnostic[] {
  return problems.slice(0, MAX_DIAGNOSTICS).map(({ message, severity, range = START, suggestions = [] }) => ({
    range: rangeOf(range),
    severity: severity === undefined ? DiagnosticSeverity.Error : SEVERITY[severity],
    source: "gorgon",
    message,
    data: { suggestions } satisfies Data,
  }));
}

/** A change for each thing that was probably meant. What the editor sends back is checked again. */
export function mendsOf(uri: string, diagnostics: readonly Diagnostic[]): CodeAction[] {
  return diagnostics.flatMap((diagnostic) => {
    const data = diagnostic.data as Partial<Data> | null | undefined;
    const suggestions: unknown = diagnostic.source === "gorgon" ? data?.suggestions : undefined;
    if (!Array.isArray(suggestions)) return [];
    const texts = suggestions.filter((one): one is string => typeof one === "string").slice(0, 5);
    return texts.map((newText, index) => ({
      title: t("Change to {0}", newText),
      kind: CodeActionKind.QuickFix,
      diagnostics: [diagnostic],
      isPreferred: index === 0,
      edit: { changes: { [uri]: [{ range: diagnostic.range, newText }] } },
    }));
  });
}
