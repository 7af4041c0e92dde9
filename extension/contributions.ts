/**
 * What the extension adds to VS Code: commands, settings, icons, capabilities. The one source of package.json's
 * contributions, of the English package.nls.json and, through readme.ts, of the README's tables; `npm run contributions`
 * writes them, a test fails when they differ.
 */
import { english, keyed, said, sentences } from "./nls.ts";
import { NOTEBOOK_COMMAND_LIST, NOTEBOOK_SETTINGS } from "./notebook/contributions.ts";
import { NOTEBOOK_COMMANDS } from "./notebook/names.ts";
import { viewContributions } from "./views/contributions.ts";

/** Every command by its id. */
export const COMMANDS = {
  showDashboard: "gorgon.showDashboard",
  showMenu: "gorgon.showMenu",
  showAlerts: "gorgon.showAlerts",
  acknowledge: "gorgon.acknowledgeAlert",
  unacknowledge: "gorgon.unacknowledgeAlert",
  silence: "gorgon.silenceAlert",
  unsilence: "gorgon.endSilence",
  disableSensor: "gorgon.disableSensor",
  enableSensor: "gorgon.enableSensor",
  watchProcess: "gorgon.watchProcess",
  terminateProcess: "gorgon.terminateProcess",
  sortByCpu: "gorgon.sortProcessesByCpu",
  sortByMemory: "gorgon.sortProcessesByMemory",
  sortByIo: "gorgon.sortProcessesByIo",
  pollNow: "gorgon.pollNow",
  restartWorker: "gorgon.restartWorker",
  showLog: "gorgon.showLog",
  runDoctor: "gorgon.runDoctor",
  openSettings: "gorgon.openSettings",
  mute: "gorgon.muteNotifications",
  unmute: "gorgon.unmuteNotifications",
  ...NOTEBOOK_COMMANDS,
} as const;

/** The id of a command of ours. */
export type CommandId = (typeof COMMANDS)[keyof typeof COMMANDS];

/** The dashboard's view type: its panel, its serializer and its activation event share it. */
export const DASHBOARD_VIEW = "gorgon.dashboard";

/** The views of the activity bar. */
export const VIEWS = { bell: "gorgon.bell", sensors: "gorgon.sensors", processes: "gorgon.processes" } as const;

/** What the conditions in package.json may ask for. */
export const CONTEXTS = {
  /** `starting`, `running`, `silent` or `down`. */
  worker: "gorgon.workerStatus",
  /** The bell's level; empty while it is not known. */
  level: "gorgon.level",
  /** `off` while the sensor of the processes is switched off. */
  processes: "gorgon.processSensor",
  /** `cpu`, `memory` or `io`. */
  sort: "gorgon.processSort",
} as const;

/** What VS Code shows of a command, and a sentence for the README. */
export interface CommandContribution {
  readonly command: CommandId;
  readonly title: string;
  /** A codicon, for menus that show one. */
  readonly icon?: string;
  /** When it can be used; always without one. */
  readonly enablement?: string;
  /** For the README; not part of package.json. */
  readonly help: string;
}

/** In the order of the README. */
export const COMMAND_LIST: readonly CommandContribution[] = [
  {
    command: COMMANDS.showDashboard,
    title: "Show Dashboard",
    icon: "$(gorgon-bell)",
    help: "Opens the dashboard, or brings it to the front. A click on the bell does the same.",
  },
  {
    command: COMMANDS.showMenu,
    title: "Show Menu",
    icon: "$(list-unordered)",
    help: "Lists what is most wanted now: the newest alert, a poll, the doctor, the settings. Also on Ctrl+K G (⌘K G).",
  },
  { command: COMMANDS.showAlerts, title: "Show Alerts", help: "Opens the dashboard at its alerts." },
  {
    command: COMMANDS.acknowledge,
    title: "Acknowledge Alert…",
    icon: "$(check)",
    help: "Says that you have seen an alert; it stays on the list, marked.",
  },
  {
    command: COMMANDS.unacknowledge,
    title: "Unacknowledge Alert…",
    icon: "$(discard)",
    help: "Takes an acknowledgement back.",
  },
  {
    command: COMMANDS.silence,
    title: "Silence Alert…",
    icon: "$(bell-slash)",
    help: "Keeps an alert quiet for a time; it is still shown.",
  },
  { command: COMMANDS.unsilence, title: "End Silence…", icon: "$(bell)", help: "Ends a silence before its time." },
  {
    command: COMMANDS.disableSensor,
    title: "Disable Sensor…",
    icon: "$(debug-pause)",
    help: "Adds a sensor to `gorgon.sensors.disabled`.",
  },
  {
    command: COMMANDS.enableSensor,
    title: "Enable Sensor…",
    icon: "$(play)",
    help: "Takes a sensor out of `gorgon.sensors.disabled`.",
  },
  {
    command: COMMANDS.watchProcess,
    title: "Watch Process…",
    icon: "$(eye)",
    help: "Opens your `gorgon.yaml` with a watch on the program added, not saved.",
  },
  {
    command: COMMANDS.terminateProcess,
    title: "Terminate Process…",
    icon: "$(debug-stop)",
    help: "Asks a process of yours to end, after a confirmation; offers to kill it if it does not.",
  },
  { command: COMMANDS.sortByCpu, title: "Sort Processes by CPU", help: "Orders the Processes view." },
  { command: COMMANDS.sortByMemory, title: "Sort Processes by Memory", help: "Orders the Processes view." },
  { command: COMMANDS.sortByIo, title: "Sort Processes by Disk Traffic", help: "Orders the Processes view." },
  {
    command: COMMANDS.pollNow,
    title: "Poll Now",
    icon: "$(refresh)",
    help: "Reads every sensor at once, without waiting for the interval.",
  },
  {
    command: COMMANDS.runDoctor,
    title: "Run Doctor",
    help: "Lists what was found on this machine and what is missing, each with its mend.",
  },
  {
    command: COMMANDS.mute,
    title: "Mute Notifications…",
    help: "Stops the notifications of a rule in this workspace. The bell still shows it.",
  },
  { command: COMMANDS.unmute, title: "Unmute Notifications…", help: "Lifts a mute." },
  {
    command: COMMANDS.restartWorker,
    title: "Restart Worker",
    help: "Stops the background worker and starts a new one. History on disk is kept.",
  },
  {
    command: COMMANDS.showLog,
    title: "Show Log",
    help: "Opens the output channel; its level is set with the gear there.",
  },
  { command: COMMANDS.openSettings, title: "Open Settings", help: "Opens Gorgon's settings." },
  ...NOTEBOOK_COMMAND_LIST,
];

/** One setting, without its `gorgon.` prefix in the key. */
export interface SettingContribution {
  /** A number that may be null is not set by default. */
  readonly type: "number" | "boolean" | "string" | "array" | readonly ["number", "null"];
  readonly default: number | boolean | string | readonly string[] | null;
  /** What a text, or each text of a list, may be. */
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** Says what changes and what it costs. */
  readonly markdownDescription: string;
  readonly advanced?: boolean;
  /** Holds for every window of the host, so a workspace cannot set it. */
  readonly hostWide?: boolean;
}

const percent = (value: number, text: string): SettingContribution => ({
  type: "number",
  default: value,
  minimum: 1,
  maximum: 100,
  markdownDescription: text,
});

const seconds = (value: number, text: string): SettingContribution => ({
  type: "number",
  default: value,
  minimum: 0,
  maximum: 86_400,
  markdownDescription: text,
});

/** Every setting, in the order of the settings editor. */
export const SETTINGS = {
  interval: {
    type: "number",
    default: 2,
    minimum: 0.5,
    maximum: 3600,
    markdownDescription:
      "Seconds between two polls of the sensors. Smaller shows a peak sooner; the cost grows in proportion " +
      "(halving it doubles Gorgon's CPU time and the samples it keeps).",
  },
  "rate.adaptive": {
    type: "boolean",
    default: true,
    markdownDescription:
      "Polls less often while nobody can be looking (the window is not focused and the dashboard is hidden) and on " +
      "battery power, which saves up to nine tenths of Gorgon's CPU time; never while something that can change quickly is WARN or CRIT. Off, " +
      "every poll comes at `#gorgon.interval#`. The bell's tooltip shows the rate in force.",
  },
  "cpu.warn": percent(70, "The bell says WARN when the CPU is busy at or over this percentage. Costs nothing."),
  "cpu.crit": percent(90, "The bell says CRIT when the CPU is busy at or over this percentage. Costs nothing."),
  "memory.warn": percent(
    80,
    "The bell says WARN when memory in use is at or over this percentage of what may be used: the machine's, or its " +
      "container's limit. Costs nothing.",
  ),
  "memory.crit": percent(
    95,
    "The bell says CRIT when memory in use is at or over this percentage of what may be used. Costs nothing.",
  ),
  "disk.warn": percent(
    85,
    "The bell says WARN when the fullest file system is at or over this percentage. Costs nothing.",
  ),
  "disk.crit": percent(
    95,
    "The bell says CRIT when the fullest file system is at or over this percentage. Costs nothing.",
  ),
  "cpu.for": seconds(
    1200,
    "Seconds for which the CPU must be busy at or over a threshold before the bell says so: a build may use every core " +
      "for minutes. Costs nothing.",
  ),
  "memory.for": seconds(
    10,
    "Seconds for which memory must be at or over a threshold before the bell says so. Costs nothing.",
  ),
  "disk.for": seconds(
    60,
    "Seconds for which a file system must be at or over a threshold before the bell says so. Costs nothing.",
  ),
  "notifications.enabled": {
    type: "boolean",
    default: true,
    markdownDescription:
      "Shows a notification when something becomes CRIT: once for each cause, not again while it comes and goes. " +
      "Off, only the bell in the status bar tells.",
  },
  "sensors.disabled": {
    type: "array",
    default: [],
    hostWide: true,
    markdownDescription:
      "Sensors that are not read, by name as the Sensors view lists them. Each saves what its readings cost; rules on what " +
      "it would tell are UNKNOWN, and its charts have a gap.",
  },
  "history.enabled": {
    type: "boolean",
    default: true,
    hostWide: true,
    markdownDescription:
      "Keeps history on this machine's disk, so that the charts survive a restart. Off, the charts show what happened " +
      "since the worker started, and nothing is written.",
  },
  "history.days": {
    type: ["number", "null"],
    default: null,
    minimum: 1,
    maximum: 3650,
    hostWide: true,
    markdownDescription:
      "Keeps no history that is older than this many days. Not set, each resolution is kept as long as fits it: every " +
      "sample for a week, minutes for a month, ten minutes for half a year, hours for two years, on at most 400 MiB of disk.",
  },
  "server.execArgv": {
    type: "array",
    default: [],
    advanced: true,
    markdownDescription:
      "Arguments for the Node.js that runs the worker, e.g. `--max-old-space-size=256`. A change restarts the worker; a " +
      "wrong argument keeps it from starting. Not taken from a workspace that is not trusted.",
  },
  ...NOTEBOOK_SETTINGS,
} as const satisfies Record<string, SettingContribution>;

/** The key of a setting, without `gorgon.`. */
export type SettingKey = keyof typeof SETTINGS;

/** Whatever a workspace could set: none of it counts before the workspace is trusted. */
export function restricted(): readonly string[] {
  return Object.entries(SETTINGS)
    .filter(([, setting]: [string, SettingContribution]) => setting.hostWide !== true)
    .map(([key]) => `gorgon.${key}`);
}

function property(key: string, setting: SettingContribution, order: number): Record<string, unknown> {
  const { advanced, hostWide, choices, markdownDescription, ...rest } = setting;
  const named = choices === undefined ? {} : { enum: choices };
  return {
    order,
    // A machine has its own thresholds; a workspace may still override them for its window.
    scope: hostWide === true ? "machine" : "machine-overridable",
    ...rest,
    markdownDescription: said(`setting.${key}.description`, markdownDescription),
    ...(setting.type === "array" ? { items: { type: "string", ...named }, uniqueItems: true } : named),
    ...(advanced === true ? { tags: ["advanced"] } : {}),
  };
}

/** The keys of package.json that are written from here. */
export interface Manifest {
  readonly activationEvents: readonly string[];
  readonly extensionKind: readonly string[];
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly contributes: Readonly<Record<string, unknown>>;
  /** Where the translations of what the code says are. */
  readonly l10n: string;
}

/** What package.json says, in English. */
export function manifest(): Manifest {
  return english(contributed()) as Manifest;
}

/** What package.json holds: a key in place of each text for people. */
export function keyedManifest(): Manifest {
  return keyed(contributed()) as Manifest;
}

/** What package.nls.json holds: the English texts by their keys. */
export function manifestSentences(): Readonly<Record<string, string>> {
  return sentences(contributed());
}

const named = (id: string): string => id.replace(/^gorgon\./, "");

function contributed() {
  return {
    // The panel's event brings a dashboard of the last session back.
    activationEvents: ["onStartupFinished", `onWebviewPanel:${DASHBOARD_VIEW}`],
    // Beside the code: over SSH, in WSL and in containers the numbers must be those of that machine.
    extensionKind: ["workspace"],
    capabilities: {
      untrustedWorkspaces: {
        supported: "limited",
        description: said(
          "trust.description",
          "The machine is monitored as ever. Until you trust the workspace, its gorgon.yaml and its settings for Gorgon " +
            "are not read, and nothing is acknowledged, silenced or ended from its window.",
        ),
        restrictedConfigurations: restricted(),
      },
      virtualWorkspaces: {
        supported: "limited",
        description: said(
          "virtualWorkspaces.description",
          "The machine is monitored as ever. A gorgon.yaml in a virtual folder is not read.",
        ),
      },
    },
    contributes: {
      commands: COMMAND_LIST.map(({ command, title, icon, enablement }) => ({
        command,
        title: said(`command.${named(command)}.title`, title),
        category: "Gorgon",
        ...(icon === undefined ? {} : { icon }),
        ...(enablement === undefined ? {} : { enablement }),
      })),
      ...viewContributions(),
      icons: {
        "gorgon-bell": {
          description: said("icon.bell.description", "Gorgon's bell"),
          default: { fontPath: "./media/gorgon-icons.woff", fontCharacter: "\\E001" },
        },
      },
      configuration: {
        title: "Gorgon",
        properties: Object.fromEntries(
          Object.entries(SETTINGS).map(([key, setting], index) => [`gorgon.${key}`, property(key, setting, index)]),
        ),
      },
    },
    l10n: "./l10n",
  };
}
