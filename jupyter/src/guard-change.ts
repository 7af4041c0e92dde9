/** Which kernels became frozen, and which are not any more. */
import type { JupyterKernel } from "../../protocol/messages/jupyter.ts";

/** `before`: ids of those that were. */
export function frozenChange(
  before: ReadonlySet<string>,
  kernels: readonly JupyterKernel[],
): { readonly fresh: readonly JupyterKernel[]; readonly over: readonly string[] } {
  const frozen = kernels.filter(({ guard }) => guard?.phase === "frozen");
  const ids = new Set(frozen.map(({ id }) => id));
  return { fresh: frozen.filter(({ id }) => !before.has(id)), over: [...before].filter((id) => !ids.has(id)) };
}
