import { describe, expect, test } from "vitest";
import { kernelCommand } from "./command.ts";

const RUN = "/run/user/1000/jupyter";

describe("a kernel is told by its command line", () => {
  test.each([
    ["python", `/usr/bin/python3 -m ipykernel_launcher -f ${RUN}/kernel-1f3c.json`],
    ["python", `/venv/bin/python -Xfrozen_modules=off -m ipykernel_launcher --f=${RUN}/kernel-1f3c.json`],
    ["python", `/venv/bin/python -m ipykernel -f ${RUN}/kernel-1f3c.json`],
    ["python", `python3.12 /site-packages/ipykernel_launcher.py --f=${RUN}/kernel-1f3c.json`],
    ["python", `/venv/bin/python -m debugpy --listen 5678 -m ipykernel_launcher -f ${RUN}/kernel-1f3c.json`],
    ["python", `/opt/conda/bin/xpython -f ${RUN}/kernel-1f3c.json`],
    ["python", `python3 -m xpython_launcher -f ${RUN}/kernel-1f3c.json`],
    ["r", `/usr/lib/R/bin/exec/R --slave -e IRkernel::main() --args ${RUN}/kernel-1f3c.json`],
    ["r", `/opt/conda/bin/xr -f ${RUN}/kernel-1f3c.json`],
    ["julia", `/usr/bin/julia -i --color=yes /home/a/.julia/packages/IJulia/x/src/kernel.jl ${RUN}/kernel-1f3c.json`],
    ["bash", `/usr/bin/python3 -m bash_kernel -f ${RUN}/kernel-1f3c.json`],
    ["typescript", `/usr/bin/deno jupyter --kernel --conn ${RUN}/kernel-1f3c.json`],
    ["rust", `/home/a/.cargo/bin/evcxr_jupyter --control_file ${RUN}/kernel-1f3c.json`],
    ["other", `/usr/bin/java -jar almond.jar --connection-file ${RUN}/kernel-1f3c.json`],
  ])("%s: %s", (language, line) => {
    expect(kernelCommand(line.split(" "))).toEqual({ language, connection: "kernel-1f3c.json" });
  });

  test.each([
    ["r", "/usr/lib/R/bin/exec/R --slave -e IRkernel::main() --args /tmp/tmp1a2b.json"],
    ["julia", "/usr/bin/julia -i /home/a/.julia/packages/IJulia/x/src/kernel.jl /tmp/tmp1a2b.json"],
  ])("%s with a file of any name as its last word", (language, line) => {
    expect(kernelCommand(line.split(" "))).toEqual({ language, connection: "tmp1a2b.json" });
  });

  test("a connection file of another name counts where the program is known to be a kernel", () => {
    expect(kernelCommand(["python3", "-m", "ipykernel_launcher", "-f", "/tmp/tmpab12.json"])).toEqual({
      language: "python",
      connection: "tmpab12.json",
    });
    expect(kernelCommand(["python3", "-f", "/tmp/tmpab12.json"])).toBeNull();
  });

  test.each([
    `cat ${RUN}/kernel-1f3c.json`,
    `vim ${RUN}/kernel-1f3c.json`,
    `jupyter console --existing ${RUN}/kernel-1f3c.json`,
    `python3 /usr/bin/jupyter-console --existing=kernel-1f3c.json`,
    `sh -c exec\u00a0python3 ${RUN}/kernel-1f3c.json`,
    `conda run -n env python -m ipykernel_launcher -f ${RUN}/kernel-1f3c.json`,
    "python3 train.py --kernel-size 3",
    "python3 -m ipykernel_launcher --version",
    "",
  ])("what only names one is none: %s", (line) => {
    expect(kernelCommand(line.split(" "))).toBeNull();
  });

  test("names of any length and letters are only data", () => {
    const hostile = `kernel-${"x".repeat(5000)}.json`;
    expect(kernelCommand(["python3", "-m", "ipykernel_launcher", hostile])).toBeNull();
    expect(kernelCommand(["\n", "\u001b[2J/kernel-1.json"])?.connection).toBe("kernel-1.json");
    expect(kernelCommand(Array.from({ length: 100_000 }, () => "kernel-1.json"))?.connection).toBe("kernel-1.json");
  });
});
