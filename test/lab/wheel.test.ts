/** `pip install gorgon_jupyter-*.whl` is all it takes: a wheel from a clean clone, in a fresh environment, and nothing of it left. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pythonEnv } from "../../scripts/python-env.ts";
import { buildWheel, run } from "./install.ts";

const root = path.dirname(path.dirname(import.meta.dirname));

describe("the wheel of a clean clone", () => {
  let folder: string;
  let python: string;
  let wheel: string;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "gorgon-clone-"));
    const clone = path.join(folder, "clone");
    const out = path.join(folder, "out");
    await run("git", ["clone", "--quiet", "--depth", "1", `file://${root}`, clone]);
    wheel = await buildWheel(path.join(clone, "jupyter"), out);
    const lab = await pythonEnv("lab");
    const home = path.join(folder, "env");
    await run(lab, ["-I", "-m", "venv", home]);
    python = path.join(home, "bin", "python");
    // Jupyter comes from the environment of the tests, gorgon-jupyter from the wheel alone.
    const ask = "import sysconfig; print(sysconfig.get_path('purelib'))";
    const [site, jupyter] = [await run(python, ["-I", "-c", ask]), await run(lab, ["-I", "-c", ask])];
    writeFileSync(path.join(site.trim(), "jupyter.pth"), jupyter);
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs one of Jupyter's programs in the fresh environment; answers with what it says, without colours. */
  const jupyter = async (module: string, ...args: readonly string[]): Promise<string> => {
    const said = await run(python, ["-I", "-m", module, ...args], { cwd: folder, env: { JUPYTER_NO_CONFIG: "1" } });
    // eslint-disable-next-line no-control-regex -- a terminal's colours begin with it
    return said.replaceAll(/\u001b\[[\d;]*m/g, "");
  };

  const files = (): readonly string[] =>
    // pip leaves folders of others, here Jupyter's, also where it made them.
    readdirSync(path.join(folder, "env"), { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && !entry.parentPath.includes("__pycache__"))
      .map((entry) => path.relative(path.join(folder, "env"), path.join(entry.parentPath, entry.name)))
      .sort();

  it("holds the front end, is found by Jupyter once it is installed, and leaves nothing", async () => {
    const before = files();
    await run(python, ["-I", "-m", "pip", "install", "--no-index", "--no-deps", "--quiet", wheel]);
    const installed = files().filter((name) => !before.includes(name));
    const extension = "share/jupyter/labextensions/gorgon-jupyter";
    expect(installed).toContain(`${extension}/package.json`);
    expect(installed).toContain(`${extension}/install.json`);
    expect(installed.filter((name) => name.startsWith(`${extension}/static/remoteEntry.`))).toHaveLength(1);
    expect(installed).toContain("etc/jupyter/jupyter_server_config.d/gorgon.json");
    expect(await jupyter("jupyterlab.labextensions", "list")).toMatch(/gorgon-jupyter v\d\S* enabled .*OK/);
    expect(await jupyter("jupyter_server.extension.serverextension", "list")).toMatch(
      /gorgon enabled[\s\S]*gorgon \S* ?OK/,
    );
    await run(python, ["-I", "-m", "pip", "uninstall", "--yes", "--quiet", "gorgon-jupyter"]);
    expect(files()).toEqual(before);
  });
});
