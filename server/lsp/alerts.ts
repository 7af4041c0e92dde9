/** What a window asks of alerts and does to them. */
import { t } from "@vscode/l10n";
import { ErrorCodes, ResponseError } from "vscode-languageserver/node";
import type { AlertAct, Silence } from "../../protocol/alert.ts";
import { acknowledgeAlert, addSilence, endSilence, getAlertHistory } from "../../protocol/messages/worker.ts";
import {
  parseAcknowledgeParams,
  parseAddSilenceParams,
  parseAlertHistoryParams,
  parseEndSilenceParams,
} from "../wire/alerts.ts";
import { inWords, refuseBad, type Answering } from "./answering.ts";

/** Registers the answers. */
export function answerAlerts({ answer, ready, refuseUntrusted }: Answering): void {
  /** Carries out what the user does. Refused where the workspace is not trusted. */
  const act = async (wanted: AlertAct): Promise<Silence | null> => {
    refuseUntrusted(
      t(
        "Nothing is acknowledged or silenced from a workspace that is not trusted. Trust it first (Workspaces: Manage Workspace Trust).",
      ),
    );
    return inWords((await ready()).act(wanted));
  };
  answer(getAlertHistory, async (params) => {
    const asked = refuseBad(parseAlertHistoryParams(params));
    return { records: (await ready()).bell.book.history(asked) };
  });
  answer(acknowledgeAlert, async (params) => {
    const acknowledge = refuseBad(parseAcknowledgeParams(params));
    await act({ acknowledge });
    return null;
  });
  answer(addSilence, async (params) => {
    const { silence } = refuseBad(parseAddSilenceParams(params));
    const added = await act({ silence });
    if (added === null) throw new ResponseError(ErrorCodes.InternalError, t("The silence was not added."));
    return { silence: added };
  });
  answer(endSilence, async (params) => {
    const { id } = refuseBad(parseEndSilenceParams(params));
    await act({ endSilence: id });
    return null;
  });
}
