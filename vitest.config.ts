/** The test runner's projects. Tests of one part stand beside their files; test/ holds what needs more than one part. */
import os from "node:os";
import path from "node:path";
import { configDefaults, defineConfig } from "vitest/config";

const BESIDE = "{protocol,server,extension,webview,scripts,bench}/**";

export default defineConfig({
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"] } },
  test: {
    // A second, the default, is nothing on a machine that has other things to do.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: [`${BESIDE}/*.test.ts`, "test/workbench/*.test.ts"],
          exclude: [...configDefaults.exclude, "**/*.slow.test.ts"],
          testTimeout: 5000,
          // Threads share what node:sqlite and the parsers cost to load.
          pool: "threads",
          // Nothing here is global, so files need no module registry of their own: that halves the CPU time.
          isolate: false,
          // The default leaves one core idle, which on two cores is half of the machine.
          maxWorkers: os.availableParallelism(),
        },
      },
      {
        extends: true,
        // What is shared lies outside of jupyter/, and its packages are installed for both.
        resolve: { alias: { "@vscode/l10n": path.join(import.meta.dirname, "jupyter/node_modules/@vscode/l10n") } },
        test: {
          name: "front",
          include: ["jupyter/src/**/*.test.ts"],
          testTimeout: 10_000,
        },
      },
      {
        extends: true,
        test: {
          name: "parts",
          include: [`${BESIDE}/*.slow.test.ts`],
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: "protocol",
          include: ["test/protocol/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: "torture",
          include: ["test/torture/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: "lab",
          include: ["test/lab/**/*.test.ts"],
          globalSetup: "test/lab/setup.ts",
          testTimeout: 180_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
