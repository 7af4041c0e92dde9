/** Answers the questions of the dashboard's page: from the worker, or by doing in VS Code what is asked for. */
import { t } from "@vscode/l10n";
import type { Answers, Question } from "../../protocol/messages/webview.ts";
import {
  acknowledgeAlert,
  addSilence,
  endSilence,
  findSeries,
  getAlertHistory,
  getAnnotations,
  getHistory,
  getSettingOrigins,
  proposeConfigEdit,
} from "../../protocol/messages/worker.ts";
import type { ConfigEdit } from "../../protocol/config.ts";
import type { Timers } from "../timers.ts";
import type { Worker } from "../worker/worker.ts";

/** What VS Code does for the page; played by a test. */
export interface Deeds {
  /** Opens the file with the edit in it, not saved. */
  edit(edit: ConfigEdit): Promise<void>;
  /** Offers the bytes as a file; whether the user took it. */
  save(name: string, bytes: Uint8Array): Promise<boolean>;
}

/** What the answers come from. */
export interface AnswerSources {
  readonly worker: Pick<Worker, "send">;
  readonly timers: Timers;
  readonly deeds: Deeds;
  /** Who silences and acknowledges, as shown beside it. */
  readonly author: string;
  /** Whether this window may change what alerts do. */
  readonly mayAct: () => boolean;
}

/** Questions that change something. */
const ACTS: readonly Question["ask"][] = ["acknowledge", "silence", "endSilence", "addRule"];

/** Asked for something that only a trusted workspace may do. */
export class NotTrusted extends Error {
  override readonly name = "NotTrusted";
  constructor() {
    super(
      t(
        "This workspace is not trusted, so nothing can be changed from here. Trust it to acknowledge, silence and add rules.",
      ),
    );
  }
}

/** The answer, or a rejection whose message is a sentence for the user. */
export async function answer(question: Question, sources: AnswerSources): Promise<Answers[Question["ask"]]> {
  const { worker, timers, deeds, author, mayAct } = sources;
  if (ACTS.includes(question.ask) && !mayAct()) throw new NotTrusted();
  switch (question.ask) {
    case "frames":
      return (await worker.send(getHistory, { queries: question.queries })).frames;
    case "annotations":
      return (await worker.send(getAnnotations, { from: question.from, to: question.to })).annotations;
    case "series":
      return worker.send(findSeries, { search: question.search, limit: question.limit });
    case "alerts": {
      const { from, to, rule, limit } = question;
      return (await worker.send(getAlertHistory, { from, to, rule, limit })).records;
    }
    case "settings":
      return (await worker.send(getSettingOrigins, null)).settings;
    case "acknowledge":
      await worker.send(acknowledgeAlert, { alert: question.alert, by: author, note: "", undo: question.undo });
      return null;
    case "silence":
      await worker.send(addSilence, { silence: { ...question.silence, startsAt: timers.now(), author } });
      return null;
    case "endSilence":
      await worker.send(endSilence, { id: question.id });
      return null;
    case "addRule":
      await deeds.edit(await worker.send(proposeConfigEdit, { add: { rule: question.rule } }));
      return null;
    case "save":
      return { saved: await deeds.save(question.name, Buffer.from(question.base64, "base64")) };
  }
}
