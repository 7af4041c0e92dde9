/** Checks what the dashboard's page sends: a page may be hostile, its messages are data. */
import { RANGES, type FromDashboard, type PageCommand, type RangeMinutes } from "../../protocol/messages/webview.ts";
import { fieldsOf, isName, parseChart, parseQuestion } from "./questions.ts";

const PAGE_COMMANDS: readonly PageCommand[] = ["restart", "settings", "doctor", "log", "trust"];

/** The message, made anew from its checked parts; null when it is none. */
export function parseFromDashboard(value: unknown): FromDashboard | null {
  const message = fieldsOf(value);
  if (message === null) return null;
  switch (message["type"]) {
    case "ready":
    case "range": {
      const range = parseRange(message["range"]);
      return range === null ? null : { type: message["type"], range };
    }
    case "command": {
      const command = PAGE_COMMANDS.find((one) => one === message["command"]);
      return command === undefined ? null : { type: "command", command };
    }
    case "mute": {
      const { rule, muted } = message;
      return isName(rule) && typeof muted === "boolean" ? { type: "mute", rule, muted } : null;
    }
    case "question": {
      const id = questionId(message);
      const question = parseQuestion(message["question"]);
      return id === null || question === null ? null : { type: "question", id, question };
    }
    case "pin": {
      const chart = parseChart(message["chart"]);
      return chart === null ? null : { type: "pin", chart };
    }
    case "unpin":
      return isName(message["id"]) ? { type: "unpin", id: message["id"] } : null;
    default:
      return null;
  }
}

/** The id of what claims to be a question, so that even a refused one is answered; null when there is none. */
export function questionId(value: unknown): number | null {
  const { type, id } = fieldsOf(value) ?? {};
  return type === "question" && Number.isSafeInteger(id) && (id as number) >= 0 ? (id as number) : null;
}

function parseRange(value: unknown): RangeMinutes | null {
  return RANGES.find((one) => one === value) ?? null;
}
