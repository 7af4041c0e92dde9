/** Which deaths somebody is interrupted for. */
import type { JupyterDeath } from "../../protocol/messages/jupyter.ts";

/** Whether somebody is to be interrupted for it: not for what was asked for, and not for a kernel of no open notebook. */
export function isShown(
  death: JupyterDeath,
  openKernels: ReadonlySet<string>,
  openPaths: ReadonlySet<string>,
): boolean {
  if (death.cause === "ended") return false;
  return openKernels.has(death.kernelId) || (death.path !== "" && openPaths.has(death.path));
}
