/** The Python that tests run kernels with: the project's own environment, made by the test driver. */
import { existsSync } from "node:fs";
import path from "node:path";

const ROOT = path.dirname(import.meta.dirname);

/** Path of an interpreter that has ipykernel. Throws where it was not made. */
export function testPython(): string {
  const folder = path.join(ROOT, "jupyter/.venv");
  const python =
    process.platform === "win32" ? path.join(folder, "Scripts/python.exe") : path.join(folder, "bin/python");
  if (existsSync(python)) return python;
  throw new Error(`missing: ${python}, with ipykernel in it. Make it with: node scripts/python-env.ts`);
}
