/** The Python that tests run kernels with: the project's own environment, made by the test driver. */
import { existsSync } from "node:fs";
import { interpreterOf } from "../scripts/python-env.ts";

/** Path of an interpreter that has ipykernel. Throws `missing: ...` where it was not made. */
export function testPython(): string {
  const python = interpreterOf("test");
  if (existsSync(python)) return python;
  throw new Error(`missing: ${python}, with ipykernel in it (node scripts/python-env.ts makes it)`);
}
