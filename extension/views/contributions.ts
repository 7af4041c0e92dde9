/** What the views add to package.json: their container, menus, empty states, and the walkthrough. */
import { said } from "../nls.ts";
import { COMMANDS, CONTEXTS, VIEWS, type CommandId } from "../contributions.ts";
import { notebookMenus } from "../notebook/contributions.ts";
import { CELLS_VIEW, NOTEBOOK_CONTEXTS } from "../notebook/names.ts";

/** The activity bar's container. */
const CONTAINER = "gorgon";

const link = (label: string, command: string): string => `[${label}](command:${command})`;

const VIEW_ICON = "media/activity.svg";

/** `viewsContainers` and `views`. */
export function viewContributions(): Readonly<Record<string, unknown>> {
  return {
    viewsContainers: { activitybar: [{ id: CONTAINER, title: "Gorgon", icon: VIEW_ICON }] },
    views: {
      [CONTAINER]: [
        { id: VIEWS.bell, name: said("view.bell.name", "Bell"), icon: VIEW_ICON, contextualTitle: "Gorgon" },
        { id: VIEWS.sensors, name: said("view.sensors.name", "Sensors"), icon: VIEW_ICON, contextualTitle: "Gorgon" },
        {
          id: VIEWS.processes,
          name: said("view.processes.name", "Processes"),
          icon: VIEW_ICON,
          contextualTitle: "Gorgon",
        },
        {
          id: CELLS_VIEW,
          type: "webview",
          name: said("view.cells.name", "Most Expensive Cells"),
          icon: VIEW_ICON,
          contextualTitle: "Gorgon",
          when: `${NOTEBOOK_CONTEXTS.seen} && config.gorgon.notebook.enabled`,
        },
      ],
    },
    viewsWelcome: welcome(),
    menus: menus(),
    keybindings: [{ command: COMMANDS.showMenu, key: "ctrl+k g", mac: "cmd+k g" }],
    walkthroughs: [walkthrough()],
  };
}

/** Each empty state says what is the matter and what to do. */
function welcome(): readonly unknown[] {
  const all = Object.values(VIEWS);
  const on = (key: string, status: string, text: string, views: readonly string[] = all) =>
    views.map((view) => ({
      view,
      contents: said(`view.welcome.${key}`, text),
      when: `${CONTEXTS.worker} == ${status}`,
    }));
  const showLog = link("Show Log", COMMANDS.showLog);
  const restart = link("Restart Worker", COMMANDS.restartWorker);
  return [
    ...all.map((view) => ({
      view,
      contents: said("view.welcome.asleep", "Gorgon is starting."),
      when: `!${CONTEXTS.worker}`,
    })),
    ...on("starting", "starting", "Gorgon is starting. The first numbers come in a moment."),
    ...on("down", "down", `Gorgon is down: nothing is being watched.\n${restart}\n${showLog}`),
    ...on("silent", "silent", `The worker does not answer, so nothing is known of now.\n${restart}\n${showLog}`),
    ...on(
      "well",
      `running && ${CONTEXTS.level} == OK`,
      `Nothing is wrong: no alert is pending or firing.\n${link("Show Dashboard", COMMANDS.showDashboard)}`,
      [VIEWS.bell],
    ),
    ...on(
      "unwell",
      `running && ${CONTEXTS.level} != OK`,
      `Not all is well, but no alert has come of it yet.\n${link("Show Dashboard", COMMANDS.showDashboard)}`,
      [VIEWS.bell],
    ),
    {
      view: VIEWS.processes,
      contents: said("view.welcome.processes", "The first look at the processes has not ended yet."),
      when: `${CONTEXTS.worker} == running && ${CONTEXTS.processes} != off`,
    },
    {
      view: VIEWS.processes,
      contents: said(
        "view.welcome.processesOff",
        `The sensor of the processes is switched off.\n${link("Enable Sensor", COMMANDS.enableSensor)}`,
      ),
      when: `${CONTEXTS.worker} == running && ${CONTEXTS.processes} == off`,
    },
    ...[VIEWS.bell, VIEWS.processes].map((view) => ({
      view,
      contents: said(
        "view.welcome.untrusted",
        "This workspace is not trusted: Gorgon shows what is so, but acknowledges, silences and ends nothing from here.\n" +
          link("Manage Workspace Trust", "workbench.trust.manage"),
      ),
      when: "!isWorkspaceTrusted",
    })),
  ];
}

interface MenuEntry {
  readonly command: CommandId;
  readonly when: string;
  readonly group: string;
}

function menus(): Readonly<Record<string, readonly MenuEntry[]>> {
  const inView = (view: string, more = ""): string => `view == ${view}${more === "" ? "" : ` && ${more}`}`;
  const title = (view: string, command: CommandId, group: string, more = ""): MenuEntry => ({
    command,
    when: inView(view, more),
    group,
  });
  /** Beside the row, and again in its context menu, where it is reached by keyboard. */
  const item = (view: string, command: CommandId, place: number, when: string): MenuEntry[] => [
    { command, when: inView(view, when), group: `inline@${String(place)}` },
    { command, when: inView(view, when), group: `1_act@${String(place)}` },
  ];
  const trusted = "isWorkspaceTrusted";
  const is = (...words: readonly string[]): string => words.map((word) => `viewItem =~ /\\b${word}\\b/`).join(" && ");
  const { "view/title": inCells = [], ...elsewhere } = notebookMenus();
  return {
    ...elsewhere,
    "view/title": [
      ...inCells,
      ...Object.values(VIEWS).map((view) => title(view, COMMANDS.showDashboard, "navigation@1")),
      title(VIEWS.sensors, COMMANDS.pollNow, "navigation@2"),
      title(VIEWS.bell, COMMANDS.showMenu, "navigation@2"),
      title(VIEWS.processes, COMMANDS.sortByCpu, "1_sort@1", `${CONTEXTS.sort} != cpu`),
      title(VIEWS.processes, COMMANDS.sortByMemory, "1_sort@2", `${CONTEXTS.sort} != memory`),
      title(VIEWS.processes, COMMANDS.sortByIo, "1_sort@3", `${CONTEXTS.sort} != io`),
    ],
    "view/item/context": [
      ...item(VIEWS.bell, COMMANDS.acknowledge, 1, `${is("firing", "unacknowledged")} && ${trusted}`),
      ...item(VIEWS.bell, COMMANDS.unacknowledge, 1, `${is("firing", "acknowledged")} && ${trusted}`),
      ...item(VIEWS.bell, COMMANDS.silence, 2, `${is("alert", "audible")} && ${trusted}`),
      ...item(VIEWS.bell, COMMANDS.unsilence, 2, `${is("alert", "silenced")} && ${trusted}`),
      ...item(VIEWS.bell, COMMANDS.unsilence, 2, `viewItem == silence && ${trusted}`),
      ...item(VIEWS.sensors, COMMANDS.disableSensor, 1, is("sensor", "on")),
      ...item(VIEWS.sensors, COMMANDS.enableSensor, 1, is("sensor", "off")),
      ...item(VIEWS.processes, COMMANDS.watchProcess, 1, `${is("process")} && ${trusted}`),
      ...item(VIEWS.processes, COMMANDS.terminateProcess, 2, `${is("process", "known")} && ${trusted}`),
    ],
  };
}

/** A step of the walkthrough; its picture follows the theme. */
const step = (
  id: string,
  title: string,
  description: string,
  altText: string,
  completionEvents: readonly string[],
) => ({
  id,
  title: said(`walkthrough.${id}.title`, title),
  description: said(`walkthrough.${id}.description`, description),
  media: { svg: `media/walkthrough/${id}.svg`, altText: said(`walkthrough.${id}.picture`, altText) },
  completionEvents,
});

const walkthrough = () => ({
  id: "start",
  title: said("walkthrough.title", "Get Started with Gorgon"),
  description: said("walkthrough.description", "The machine you work on, watched: what is wrong, since when and why."),
  steps: [
    step(
      "bell",
      "Read the Bell",
      "The bell in the status bar says whether all is well, and else what is the matter. Point at it for the levels; " +
        `click it for the dashboard.\n${link("Show Dashboard", COMMANDS.showDashboard)}`,
      "A status bar: on the left Gorgon's bell with the words WARN, Disk 91 %, and above it a table of levels.",
      [`onCommand:${COMMANDS.showDashboard}`, `onCommand:${COMMANDS.showMenu}`],
    ),
    step(
      "views",
      "Look at What Is Read",
      "Gorgon's side bar lists the alerts, every sensor with its values and what it costs, and the processes that stand " +
        `out.\n${link("Open the Sensors", `${VIEWS.sensors}.focus`)}`,
      "A side bar with three lists: Bell with one warning, Sensors with CPU and memory values, Processes with their shares.",
      [`onView:${VIEWS.sensors}`, `onCommand:${VIEWS.sensors}.focus`],
    ),
    step(
      "thresholds",
      "Set When It Rings",
      "A build keeps the processor busy; a full disk stops your work. Set for this machine from which percentage the bell " +
        `says WARN and CRIT.\n${link("Open Settings", COMMANDS.openSettings)}`,
      "A chart of the processor's load with two dashed lines: WARN at 70 percent and CRIT at 90 percent.",
      [
        ...["cpu", "memory", "disk"].flatMap((area) =>
          ["warn", "crit"].map((level) => `onSettingChanged:gorgon.${area}.${level}`),
        ),
        `onCommand:${COMMANDS.openSettings}`,
      ],
    ),
    step(
      "alerts",
      "Deal with an Alert",
      "Acknowledge what you have seen, silence what may wait, and see in the history what came and went. The menu has the " +
        `rest.\n${link("Show Menu", COMMANDS.showMenu)}\n${link("Show Alerts", COMMANDS.showAlerts)}`,
      "An alert, Disk 91 percent for 14 minutes, with the buttons Acknowledge and Silence and a time line of its life.",
      [COMMANDS.showMenu, COMMANDS.showAlerts, COMMANDS.acknowledge, COMMANDS.silence].map((one) => `onCommand:${one}`),
    ),
    step(
      "notebook",
      "See What Cells Cost",
      "Under each cell that ran stands its time, CPU and peak of memory, beside the run before. Measure the kernel from " +
        `inside, and the numbers are exact.\n${link("Measure This Kernel", COMMANDS.measureKernel)}\n` +
        link("Show Most Expensive Cells", COMMANDS.showCostlyCells),
      "A notebook with three cells: under one its time, CPU and memory, under one a warning, and one in which the kernel died.",
      [COMMANDS.measureKernel, COMMANDS.showCostlyCells, COMMANDS.showCellCost].map((one) => `onCommand:${one}`),
    ),
  ],
});
