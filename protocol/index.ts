/** The words that every process shares. */
export * from "./attention.ts";
export * from "./bell.ts";
export * from "./doctor.ts";
export * from "./format.ts";
export * from "./history.ts";
export * from "./level.ts";
export * from "./message.ts";
export * from "./reading.ts";
export * from "./role.ts";
export * from "./settings.ts";
export * from "./state.ts";
export * from "./steps.ts";
export * from "./version.ts";
export * from "./messages/webview.ts";
export * from "./messages/worker.ts";
