/** `npm run types`: both compilers, the one for Node and the one for the page. */
import { spawnSync } from "node:child_process";
import path from "node:path";

const root = path.dirname(import.meta.dirname);
const tsc = path.join(root, "node_modules/typescript/bin/tsc");
const codes = [".", "webview"].map(
  (project) => spawnSync(process.execPath, [tsc, "-p", project], { cwd: root, stdio: "inherit" }).status,
);
process.exit(codes.every((code) => code === 0) ? 0 : 1);
