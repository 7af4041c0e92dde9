/** Who leads among the windows, in the window's language. */
import { t } from "@vscode/l10n";
import type { WorkerRole } from "../../protocol/role.ts";

/** Seen from this window: `this window leads`, `the window of process 4711 leads`. */
export function roleWords({ role, leader }: Pick<WorkerRole, "role" | "leader">): string {
  switch (role) {
    case "leads":
      return t("this window leads");
    case "follows":
      return leader === null ? t("another window leads") : t("the window of process {0} leads", leader);
    case "seeks":
      return t("looking for the leading window");
    case "alone":
      return t("this window watches for itself");
  }
}
