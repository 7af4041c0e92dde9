/** The plugins of Gorgon in JupyterLab 4 and Notebook 7: each small, each with what it needs and nothing that it can do without. */
import { ILabShell, type JupyterFrontEnd, type JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette, Notification } from "@jupyterlab/apputils";
import { INotebookTracker } from "@jupyterlab/notebook";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { IStatusBar } from "@jupyterlab/statusbar";
import { ITranslator } from "@jupyterlab/translation";
import { t } from "@vscode/l10n";
import { BellItem } from "./bell.ts";
import { Connection } from "./connection.ts";
import { CostlyPanel } from "./costly.ts";
import { DeathDialogs } from "./death-dialogs.ts";
import { isShown } from "./deaths.ts";
import { NotebookFooters } from "./footers.ts";
import { Guards } from "./guard.ts";
import { bellIcon, stripIcon } from "./icons.ts";
import { speakLanguage } from "./language.ts";
import { log } from "./log.ts";
import { loadInto } from "./measure.ts";
import { rendererFactory } from "./mime.ts";
import { Notebooks } from "./notebooks.ts";
import type { WatchedNotebook } from "./notebook.ts";
import { Options } from "./options.ts";
import { BellPanel } from "./panel.ts";
import { indexOf, revealCell } from "./reveal.ts";
import { inLanguage } from "./schema-words.ts";
import { COMMANDS, IConnection, IDeaths, IGuards, INotebooks, IOptions, type Deaths } from "./tokens.ts";
import type { JupyterDeath } from "../../protocol/messages/jupyter.ts";

const ID = "gorgon-jupyter";
/** Beside what else stands at the right end of the status bar. */
const BAR_RANK = 90;
/** Before the kernel's name, in the line of Notebook 7's menu. */
const MENU_RANK = 10_005;
const SIDE_RANK = 610;

const optionsPlugin: JupyterFrontEndPlugin<Options> = {
  id: `${ID}:options`,
  description: "What the user has set, and the language that the page speaks.",
  autoStart: true,
  provides: IOptions,
  optional: [ISettingRegistry, ITranslator],
  activate: async (_: JupyterFrontEnd, registry: ISettingRegistry | null, translator: ITranslator | null) => {
    const options = new Options();
    await speakLanguage(translator);
    registry?.transform(`${ID}:options`, { fetch: inLanguage });
    await registry?.load(`${ID}:options`).then(
      (settings) => options.follow(settings),
      (error: unknown) => log(`Gorgon: its settings are not to be had, the defaults hold: ${String(error)}`),
    );
    return options;
  },
};

const connectionPlugin: JupyterFrontEndPlugin<Connection> = {
  id: `${ID}:connection`,
  description: "The line to Gorgon's part of the Jupyter server.",
  autoStart: true,
  provides: IConnection,
  requires: [IOptions],
  activate: (app: JupyterFrontEnd) => {
    const visible = (): boolean => document.visibilityState === "visible";
    const connection = new Connection({ settings: app.serviceManager.serverSettings, visible, log });
    document.addEventListener("visibilitychange", () => connection.seen());
    connection.start();
    return connection;
  },
};

const notebooksPlugin: JupyterFrontEndPlugin<Notebooks> = {
  id: `${ID}:notebooks`,
  description: "What the cells of the open notebooks cost.",
  autoStart: true,
  provides: INotebooks,
  requires: [IOptions, IConnection],
  optional: [INotebookTracker],
  activate: (_: JupyterFrontEnd, options: Options, connection: Connection, tracker: INotebookTracker | null) =>
    new Notebooks({ tracker, connection, options, log }),
};

const guardsPlugin: JupyterFrontEndPlugin<Guards> = {
  id: `${ID}:guards`,
  description: "Asks what is to become of a frozen kernel.",
  autoStart: true,
  provides: IGuards,
  requires: [IConnection],
  activate: (_: JupyterFrontEnd, connection: Connection) => new Guards(connection),
};

const footersPlugin: JupyterFrontEndPlugin<void> = {
  id: `${ID}:footers`,
  description: "What each cell cost, under the cell.",
  autoStart: true,
  requires: [IOptions, INotebooks, IGuards],
  activate: (_: JupyterFrontEnd, options: Options, notebooks: Notebooks, guards: Guards) => {
    const begin = (notebook: WatchedNotebook): void => {
      new NotebookFooters(notebook, options, ({ kernel }, answer) => {
        if (kernel !== null) guards.answer(kernel.id, answer);
      });
    };
    notebooks.all().forEach(begin);
    notebooks.added.connect((_sender, notebook) => begin(notebook));
  },
};

const deathsPlugin: JupyterFrontEndPlugin<Deaths> = {
  id: `${ID}:deaths`,
  description: "Says why a kernel died.",
  autoStart: true,
  provides: IDeaths,
  requires: [IConnection, INotebooks],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    connection: Connection,
    notebooks: Notebooks,
    translator: ITranslator | null,
  ): Deaths => {
    const of = ({ kernelId, path }: JupyterDeath): WatchedNotebook | undefined =>
      notebooks.all().find((one) => one.kernel?.id === kernelId || (path !== "" && one.path === path));
    const placeOf = (death: JupyterDeath): { notebook: WatchedNotebook; index: number } | null => {
      const notebook = of(death);
      if (notebook === undefined) return null;
      const index = notebook.panel.content.widgets.findIndex(
        (cell) => notebook.book.of(cell.model).death?.id === death.id,
      );
      return index < 0 ? null : { notebook, index };
    };
    const nameOf = (death: JupyterDeath): string => {
      const place = placeOf(death);
      return place === null ? "" : t("Cell {0}", place.index + 1);
    };
    const lab = translator?.load("jupyterlab");
    const dialogs = new DeathDialogs(
      (path) => {
        const words = "The kernel for %1 appears to have died. It will restart automatically.";
        return lab?.__(words, path) ?? words.replace("%1", path);
      },
      (death) => {
        const place = placeOf(death);
        if (place !== null) void revealCell(app, place.notebook, place.index);
      },
    );
    connection.died.connect((_, death) => {
      const open = notebooks.all().filter((notebook) => !notebook.isAsked);
      const kernels = new Set(open.flatMap(({ kernel }) => kernel?.id ?? []));
      for (const notebook of open) notebook.died(death);
      const path = of(death)?.panel.sessionContext.session?.path ?? death.path;
      if (death.cause === "ended") dialogs.spare(path);
      if (!isShown(death, kernels, new Set(open.map((one) => one.path)))) return;
      dialogs.tell(death, path, nameOf(death));
    });
    return { explain: (death) => dialogs.explain(death, nameOf(death)) };
  },
};

const mimePlugin: JupyterFrontEndPlugin<void> = {
  id: `${ID}:mime`,
  description: "Draws records of cells that stand in outputs.",
  autoStart: true,
  requires: [IRenderMimeRegistry, IOptions],
  activate: (_: JupyterFrontEnd, registry: IRenderMimeRegistry, options: Options) => {
    registry.addFactory(rendererFactory(options));
  },
};

const facesPlugin: JupyterFrontEndPlugin<void> = {
  id: `${ID}:faces`,
  description: "The bell, its panel, the most expensive cells, and the commands.",
  autoStart: true,
  requires: [IOptions, IConnection, INotebooks, IGuards, IDeaths],
  optional: [IStatusBar, ILabShell, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    options: Options,
    connection: Connection,
    notebooks: Notebooks,
    guards: Guards,
    deaths: Deaths,
    statusBar: IStatusBar | null,
    labShell: ILabShell | null,
    palette: ICommandPalette | null,
  ) => {
    const { commands, shell } = app;
    const measure = async (notebook: WatchedNotebook | null): Promise<void> => {
      const kernel = notebook?.kernel ?? null;
      if (notebook === null || kernel === null) {
        Notification.warning(t("Open a notebook with a kernel first."), { autoClose: 5000 });
        return;
      }
      try {
        await loadInto(kernel);
        await notebook.seek();
        Notification.success(t("Cells of this notebook are measured from now on."), { autoClose: 3000 });
      } catch (error) {
        Notification.error(error instanceof Error ? error.message : String(error), { autoClose: false });
      }
    };
    const panel = new BellPanel(connection, {
      answer: (kernelId, answer) => guards.answer(kernelId, answer),
      why: (death) => deaths.explain(death),
      open: (path) => {
        const notebook = notebooks.all().find((one) => one.path === path);
        if (notebook !== undefined) shell.activateById(notebook.panel.id);
        else if (path !== "" && commands.hasCommand("docmanager:open"))
          void commands.execute("docmanager:open", { path });
      },
    });
    const costly = new CostlyPanel(
      {
        notebook: () => notebooks.current(),
        go: (notebook, index) => void revealCell(app, notebook, index),
        cost: (notebook, cellId) => {
          const index = indexOf(notebook, cellId);
          const key = notebook.panel.content.widgets[index]?.model;
          void revealCell(app, notebook, index).then(() => {
            if (key !== undefined) notebook.showTable(key);
          });
        },
        measure: (notebook) => void measure(notebook),
      },
      options,
    );
    notebooks.currentChanged.connect(() => costly.follow());
    panel.title.icon = bellIcon();
    costly.title.icon = stripIcon();
    // Notebook 7 lists its side panels by these in its View menu.
    if (labShell === null) {
      panel.title.label = "Gorgon";
      costly.title.label = t("Most Expensive Cells");
    }
    shell.add(panel, "right", { rank: SIDE_RANK, type: "Gorgon" });
    shell.add(costly, "right", { rank: SIDE_RANK + 1, type: "Gorgon" });
    const open = (id: string): void => shell.activateById(id);
    const bell = new BellItem(connection, () => open(panel.id));
    if (statusBar !== null) {
      statusBar.registerStatusItem(`${ID}:bell`, { item: bell, align: "right", rank: BAR_RANK });
    } else {
      shell.add(bell, labShell === null ? "menu" : "top", { rank: MENU_RANK });
    }
    commands.addCommand(COMMANDS.panel, {
      label: t("Gorgon: Show Levels, Kernels and Alerts"),
      execute: () => open(panel.id),
    });
    commands.addCommand(COMMANDS.costly, {
      label: t("Gorgon: Show Most Expensive Cells"),
      execute: () => open(costly.id),
    });
    commands.addCommand(COMMANDS.measure, {
      label: t("Gorgon: Measure This Kernel"),
      isEnabled: () => notebooks.current()?.kernel !== null,
      execute: () => measure(notebooks.current()),
    });
    commands.addCommand(COMMANDS.clear, {
      label: t("Gorgon: Clear the Costs of This Notebook"),
      isEnabled: () => notebooks.current() !== null,
      execute: () => notebooks.current()?.clearAll(),
    });
    for (const command of Object.values(COMMANDS)) palette?.addItem({ command, category: "Gorgon" });
  },
};

export default [
  optionsPlugin,
  connectionPlugin,
  notebooksPlugin,
  guardsPlugin,
  footersPlugin,
  deathsPlugin,
  mimePlugin,
  facesPlugin,
];
