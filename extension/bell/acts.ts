/** What the user does to alerts from this window, carried out by the worker. */
import { userInfo } from "node:os";
import { t } from "@vscode/l10n";
import { acknowledgeAlert, addSilence } from "../../protocol/messages/worker.ts";
import type { Worker } from "../worker/worker.ts";
import type { AlertActs } from "./notifications.ts";

/** In the name of the user whose machine it is. */
export function alertActs(worker: Pick<Worker, "send">, now: () => number, user = nameOfUser): AlertActs {
  return {
    acknowledge: async (alert) => {
      await worker.send(acknowledgeAlert, { alert, by: user(), note: "", undo: false });
    },
    silence: async (silence) => {
      await worker.send(addSilence, { silence: { ...silence, startsAt: now(), author: user() } });
    },
  };
}

function nameOfUser(): string {
  try {
    return userInfo().username;
  } catch {
    // Some containers run under a user id that has no name.
    return t("somebody");
  }
}
