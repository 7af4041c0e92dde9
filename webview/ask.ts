/** Questions to whoever feeds the page: each has an id, a deadline, an answer or a typed failure. */
import { t } from "@vscode/l10n";
import type { Answer, Answers, FromDashboard, Question } from "../protocol/messages/webview.ts";

/** Asks and resolves with the answer. Rejects with `QuestionFailed`, whose message is a sentence for people. */
export type Ask = <Q extends Question>(question: Q, signal?: AbortSignal) => Promise<Answers[Q["ask"]]>;

/** Sends a message that has no answer. */
export type Post = (message: FromDashboard) => void;

/** `refused`: the other side said no, and why. `late`: no answer in time. `dropped`: nobody waits for it any more. */
export type FailureKind = "refused" | "late" | "dropped";

/** Why there is no answer. */
export class QuestionFailed extends Error {
  override readonly name = "QuestionFailed";
  readonly kind: FailureKind;

  constructor(kind: FailureKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** How long an answer may take, milliseconds: longer than the worker's own deadline, so that its reason comes first. */
export const ANSWER_MS = 15_000;
/** A file dialog waits for a person. */
const DIALOG_MS = 600_000;

/** Asks, and takes the answers that come. */
export interface Asker {
  readonly ask: Ask;
  /** Hands over an answer; one that nobody waits for is dropped. */
  readonly take: (answer: Answer) => void;
}

interface Waiting {
  readonly resolve: (result: Answer & { readonly ok: true }) => void;
  readonly reject: (failure: QuestionFailed) => void;
}

/** Numbers the questions and keeps who waits for which answer. */
export function createAsker(post: Post): Asker {
  const waiting = new Map<number, Waiting>();
  let last = 0;
  const ask = <Q extends Question>(question: Q, signal?: AbortSignal): Promise<Answers[Q["ask"]]> =>
    new Promise((resolve, reject) => {
      const dropped = (): void =>
        settle(() => reject(new QuestionFailed("dropped", t("Nobody waits for this any more."))));
      if (signal?.aborted === true) {
        reject(new QuestionFailed("dropped", t("Nobody waits for this any more.")));
        return;
      }
      const id = ++last;
      const deadlineMs = question.ask === "save" ? DIALOG_MS : ANSWER_MS;
      const timer = setTimeout(() => {
        settle(() =>
          reject(new QuestionFailed("late", t("There was no answer. Try again, or restart Gorgon's worker."))),
        );
      }, deadlineMs);
      function settle(end: () => void): void {
        clearTimeout(timer);
        signal?.removeEventListener("abort", dropped);
        waiting.delete(id);
        end();
      }
      signal?.addEventListener("abort", dropped);
      waiting.set(id, {
        // The other side answers a question by its kind: `Answers` is the contract between the two.
        resolve: (answer) => settle(() => resolve(answer.result as Answers[Q["ask"]])),
        reject: (failure) => settle(() => reject(failure)),
      });
      post({ type: "question", id, question });
    });
  return {
    ask,
    take(answer) {
      const one = waiting.get(answer.id);
      if (answer.ok) one?.resolve(answer);
      else one?.reject(new QuestionFailed("refused", answer.reason));
    },
  };
}
