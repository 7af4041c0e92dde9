/** Listening to a kernel: asked first, opened at once where a cell loads the package, again after a restart, and never twice. */
import type { Kernel } from "@jupyterlab/services";
import { Signal } from "@lumino/signaling";
import { expect, test, vi } from "vitest";
import { COMM_TARGET, KernelComm } from "./kernel-comm.ts";
import { runOf } from "./testing/told.ts";

interface FakeComm {
  readonly opened: unknown[];
  readonly sent: unknown[];
  isDisposed: boolean;
  onMsg: (message: unknown) => void;
  onClose: (message: unknown) => void;
}

/** A kernel; `answers` are what it replies to the question whether the package is loaded, the last one from then on. */
function kernelWith(answers: ("True" | "False" | "aborted")[], language = "python") {
  const comms: FakeComm[] = [];
  const asked: string[] = [];
  const fake: Record<string, unknown> = {};
  const signals = {
    ...{ statusChanged: new Signal<object, string>(fake), connectionStatusChanged: new Signal<object, string>(fake) },
    iopubMessage: new Signal<object, unknown>(fake),
  };
  Object.assign(fake, signals, {
    ...{ connectionStatus: "connected", handleComms: true, supportsSubshells: false, isDisposed: false },
    info: Promise.resolve({ language_info: { name: language } }),
    requestExecute: ({ user_expressions }: { user_expressions: { loaded: string } }) => {
      asked.push(user_expressions.loaded);
      const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? "False";
      const loaded = { status: "ok", data: { "text/plain": answer } };
      const content = answer === "aborted" ? { status: "aborted" } : { status: "ok", user_expressions: { loaded } };
      return { done: Promise.resolve({ content }) };
    },
    createComm: (target: string) => {
      expect(target).toBe(COMM_TARGET);
      const comm: FakeComm & Record<string, unknown> = {
        ...{ opened: [], sent: [], isDisposed: false, onMsg: () => undefined, onClose: () => undefined },
        open: (data: unknown) => comm.opened.push(data),
        send: (data: unknown) => comm.sent.push(data),
        close: () => (comm.isDisposed = true),
        dispose: () => (comm.isDisposed = true),
      };
      comms.push(comm);
      return comm;
    },
  });
  const told = {
    records: vi.fn<(records: readonly { id: string }[]) => void>(),
    ...{ started: vi.fn(), idle: vi.fn(), loaded: vi.fn(), store: vi.fn() },
  };
  const log = vi.fn();
  const comm = new KernelComm(fake as unknown as Kernel.IKernelConnection, told, log);
  const cell = (code: string) => {
    const message = (msg_type: string, content: object) =>
      signals.iopubMessage.emit({ header: { msg_type }, parent_header: { msg_id: "request-1" }, content });
    message("execute_input", { code });
    return { end: () => message("status", { execution_state: "idle" }) };
  };
  return { comm, comms, asked, told, log, cell, ...signals };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
const say = (comm: FakeComm | undefined, data: unknown) => comm?.onMsg({ content: { data } });

test("a kernel that has the package is heard; one that has not gets no comm", async () => {
  const [with_, without] = [kernelWith(["True"]), kernelWith(["False"])];
  await settled();
  expect([with_.comms.length, without.comms.length]).toEqual([1, 0]);
  expect(with_.comms[0]?.opened).toEqual([{ since: null }]);
});

test("a kernel of another language is not even asked", async () => {
  const { asked, comms } = kernelWith(["True"], "R");
  await settled();
  expect([asked, comms]).toEqual([[], []]);
});

test("once a cell has loaded the package the comm is opened without a question, which would wait behind the queue", async () => {
  const { comms, asked, cell } = kernelWith(["False"]);
  await settled();
  cell("x = 1\n%load_ext gorgon").end();
  await settled();
  expect([comms.length, asked.length]).toEqual([1, 1]);
});

test("a question that was dropped with the queue of a failed cell is asked again", async () => {
  const { comms, statusChanged } = kernelWith(["aborted", "True"]);
  await settled();
  expect(comms).toEqual([]);
  statusChanged.emit("idle");
  await settled();
  expect(comms).toHaveLength(1);
});

test("what it says is taken, and asked for from the last run on when the connection was lost", async () => {
  const { comms, told, connectionStatusChanged } = kernelWith(["True"]);
  await settled();
  const [first, second] = [runOf({ id: "a" }), runOf({ id: "b" })];
  say(comms[0], { hello: { v: 1, running: { cell: { id: "a" }, startedAt: 7 }, storeMetadata: true } });
  say(comms[0], { records: [first, { v: 9 }], last: true });
  say(comms[0], { record: second });
  for (const odd of [null, 7, {}, { record: "x" }, { started: { cell: 1 } }, { hello: "you" }]) say(comms[0], odd);
  expect(told.records.mock.calls.flatMap(([records]) => records.map(({ id }) => id))).toEqual([first.id, second.id]);
  expect(told.started).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ id: "a" }), 7);
  connectionStatusChanged.emit("connected");
  expect(comms[0]?.sent).toEqual([{ since: second.id }]);
});

test("after a restart the kernel is a new one: asked again, and told everything", async () => {
  const { comms, told, statusChanged } = kernelWith(["True"]);
  await settled();
  say(comms[0], { record: runOf({ id: "a" }) });
  statusChanged.emit("autorestarting");
  expect(told.loaded).toHaveBeenLastCalledWith(false);
  statusChanged.emit("idle");
  await settled();
  expect(comms.map(({ opened }) => opened)).toEqual([[{ since: null }], [{ since: null }]]);
});

test("it is idle when the cell's own request is, not when a subshell is", async () => {
  const { told, cell, statusChanged } = kernelWith(["True"]);
  await settled();
  const run = cell("sleep()");
  told.idle.mockClear();
  statusChanged.emit("idle");
  expect(told.idle).not.toHaveBeenCalled();
  run.end();
  expect(told.idle).toHaveBeenCalledOnce();
});
