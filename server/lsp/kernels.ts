/** What a window is told of notebook kernels and cells, what it says of them, and what it wants done. */
import { t } from "@vscode/l10n";
import {
  answerGuard,
  cellEnded,
  getCells,
  getKernels,
  kernelRuns,
  kernelsChanged,
  measureRun,
} from "../../protocol/messages/worker.ts";
import type { Stack } from "../stack.ts";
import { parseCellsParams } from "../wire/cells.ts";
import { parseGuardAnswer, parseMeasureRun, parseRuns } from "../wire/kernels.ts";
import { inWords, reasonOf, refuseBad, type Answering } from "./answering.ts";

/** Registers the answers. */
export function answerKernels({ log, answer, hear, ready, refuseUntrusted }: Answering): void {
  answer(getKernels, async () => (await ready()).findKernels());
  answer(getCells, async (params) => {
    const asked = refuseBad(parseCellsParams(params));
    return { records: (await ready()).cells(asked) };
  });
  answer(measureRun, async (params) => {
    const measure = refuseBad(parseMeasureRun(params));
    return { record: await inWords((await ready()).kernelAct({ measure })) };
  });
  answer(answerGuard, async (params) => {
    const guard = refuseBad(parseGuardAnswer(params));
    refuseUntrusted(
      t(
        'No kernel is answered from here: this workspace is not trusted. Trust it with "Workspaces: Manage Workspace Trust".',
      ),
    );
    await inWords((await ready()).kernelAct({ guard }));
    return null;
  });
  hear(kernelRuns, (params) => {
    const parsed = parseRuns(params);
    if (!parsed.ok) {
      log.warn(parsed.reason);
      return;
    }
    ready()
      .then((stack) => stack.kernelAct({ runs: parsed.value }))
      .catch((error: unknown) => log.debug(`What a kernel runs was not told: ${reasonOf(error)}`));
  });
}

/** Tells the window of kernels and cells from now on. */
export function tellKernels(stack: Stack, { tell }: Pick<Answering, "tell">): void {
  stack.onKernels((state) => tell(kernelsChanged, state));
  stack.onCell((record) => tell(cellEnded, { record }));
}
