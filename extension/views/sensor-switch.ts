/** Switches sensors off and on in the user's settings. */
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";
import type { SensorHealth } from "../../protocol/state.ts";
import { plain } from "../escape.ts";
import type { LatestState } from "../worker/latest.ts";
import { sensorOf } from "./sensors.ts";

/** What the switch works on. */
export interface SensorTargets {
  readonly vs: typeof vscode;
  readonly latest: LatestState;
}

/** The setting's names; whatever is not a text is left out. */
function namesIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
}

/** Puts a sensor on the list of those that are not read, or takes it off. */
export async function switchSensor(targets: SensorTargets, element: unknown, on: boolean): Promise<void> {
  const { vs } = targets;
  const sensor = sensorOf(element) ?? (await pick(targets, on));
  if (sensor === undefined) return;
  const config = vs.workspace.getConfiguration("gorgon");
  // The user's own value alone: the setting is not a workspace's.
  const before = namesIn(config.inspect<unknown>("sensors.disabled")?.globalValue);
  const others = before.filter((one) => one !== sensor);
  const after = on ? others : [...others, sensor].sort();
  await config.update("sensors.disabled", after.length === 0 ? undefined : after, vs.ConfigurationTarget.Global);
}

async function pick({ vs, latest }: SensorTargets, on: boolean): Promise<string | undefined> {
  const wanted = ({ off = false }: SensorHealth): boolean => off === on;
  const sensors = (latest.now?.sensors ?? []).filter(wanted);
  if (sensors.length === 0) {
    await vs.window.showInformationMessage(
      on ? t("Gorgon: every sensor is on.") : t("Gorgon: the sensors are not known yet."),
    );
    return undefined;
  }
  const items = sensors.map((one) => ({
    label: plain(one.sensor, 60),
    description: plain(one.crab, 60),
    sensor: one.sensor,
  }));
  const title = on ? t("Gorgon: Enable Sensor") : t("Gorgon: Disable Sensor");
  return (await vs.window.showQuickPick(items, { title }))?.sensor;
}
