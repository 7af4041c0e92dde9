/** Lint: typescript-eslint's strict type-checked set, the floors of the house, and who may import what. */
import js from "@eslint/js";
import { createNodeResolver, importX } from "eslint-plugin-import-x";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";
import { zones } from "./floors.ts";

const NO_VSCODE = { name: "vscode", message: "vscode is imported in extension/ alone." };
const NO_ZOD = { group: ["zod", "zod/*"], message: "zod stays in server/wire and server/config: it is heavy." };

export default defineConfig(
  {
    ignores: [
      "dist/",
      "out/",
      "**/node_modules/",
      "test/artifacts/",
      "**/*.cjs",
      "jupyter/.venv*",
      "jupyter/lib/",
      "jupyter/gorgon/labextension/",
    ],
  },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    plugins: { "import-x": importX },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    settings: { "import-x/resolver-next": [createNodeResolver({ extensions: [".ts", ".js", ".mjs", ".cjs"] })] },
    rules: {
      "import-x/no-restricted-paths": ["error", { basePath: import.meta.dirname, zones: zones() }],
      "no-restricted-imports": ["error", { paths: [NO_VSCODE], patterns: [NO_ZOD] }],
      "@typescript-eslint/no-explicit-any": "error",
      // Keys of OpenTelemetry attributes and environment variables read better as ["system.device"].
      "@typescript-eslint/dot-notation": ["error", { allowIndexSignaturePropertyAccess: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      eqeqeq: "error",
      "no-console": "error",
    },
  },
  {
    files: ["server/wire/**/*.ts", "server/config/**/*.ts"],
    rules: { "no-restricted-imports": ["error", { paths: [NO_VSCODE] }] },
  },
  {
    files: ["extension/**/*.ts", "test/workbench/**/*.ts"],
    rules: { "no-restricted-imports": ["error", { patterns: [NO_ZOD] }] },
  },
  {
    // These talk to the terminal; that is their work.
    files: ["scripts/**", "bench/**", "examples/**", "test/**", "server/cli/**"],
    rules: { "no-console": "off" },
  },
  {
    files: ["**/*.{js,mjs}"],
    languageOptions: {
      globals: { process: "readonly", console: "readonly", URL: "readonly", setInterval: "readonly" },
    },
  },
);
