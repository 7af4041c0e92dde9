/** Checks what the dashboard's page sends: a page may be hostile, its messages are data. */
import { RANGES, type FromDashboard, type RangeMinutes } from "../../protocol/messages/webview.ts";

const PAGE_COMMANDS = ["restart", "settings", "doctor", "log"] as const;

/** A rule id longer than this is none of ours. */
const RULE_LENGTH = 200;

/** The message, made anew from its checked parts; null when it is none. */
export function parseFromDashboard(value: unknown): FromDashboard | null {
  if (typeof value !== "object" || value === null) return null;
  const message = value as Record<string, unknown>;
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
      if (typeof rule !== "string" || rule === "" || rule.length > RULE_LENGTH || typeof muted !== "boolean")
        return null;
      return { type: "mute", rule, muted };
    }
    default:
      return null;
  }
}

function parseRange(value: unknown): RangeMinutes | null {
  return RANGES.find((one) => one === value) ?? null;
}
