/** How the worker is started, by whoever starts it: its memory matters more than its speed. */

/**
 * Arguments for Node. Where little lives long, a nursery of three times 16 MB is waste, and the heap grows in small
 * steps; what the user sets comes behind and wins.
 */
export const WORKER_ARGUMENTS: readonly string[] = ["--max-semi-space-size=1", "--optimize-for-size"];

/** Variables for the worker's environment. glibc would keep an arena for each of Node's threads; elsewhere it has no effect. */
export const WORKER_ENVIRONMENT: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: "1" };
