/** Loads the package into a kernel, silently: nothing is printed, no name stays, the count of runs stays as it is. */
import type { Kernel } from "@jupyterlab/services";
import { t } from "@vscode/l10n";
import { plain } from "../../protocol/plain.ts";

/** Why the package could not be loaded, with the mend. */
export class NotLoaded extends Error {
  override readonly name = "NotLoaded";
}

const LOAD = "get_ipython().run_line_magic('load_ext', 'gorgon')";

/** Why it failed, by the exception's class and message. */
export function reasonOf(name: string, value: string, kernelName: string): string {
  if (name === "ModuleNotFoundError" && /\bgorgon\b/.test(value)) {
    return t(
      "gorgon-jupyter is not installed where this kernel ({0}) runs. Install it there, in a cell: %pip install gorgon-jupyter",
      kernelName,
    );
  }
  return t("The kernel did not load it: {0}", plain(`${name}: ${value}`, 300));
}

/** Resolves once it is loaded. Rejects with NotLoaded. */
export async function loadInto(kernel: Kernel.IKernelConnection): Promise<void> {
  const { language_info } = await kernel.info;
  if (language_info.name.toLowerCase() !== "python") {
    throw new NotLoaded(
      t("Inside a kernel only Python can be measured; this one runs {0}.", plain(language_info.name, 40)),
    );
  }
  const future = kernel.requestExecute({
    ...{ code: LOAD, silent: true, store_history: false, stop_on_error: false, allow_stdin: false },
  });
  const { content } = await future.done;
  if (content.status === "ok") return;
  if (content.status === "error") throw new NotLoaded(reasonOf(content.ename, content.evalue, kernel.name));
  throw new NotLoaded(t("The kernel was interrupted before it was loaded."));
}
