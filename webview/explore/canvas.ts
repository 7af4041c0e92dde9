/** What a chart of Explore shows, as the one drawing of all charts needs it. */
import { t } from "@vscode/l10n";
import type { Border } from "../charts/borders.ts";
import type { Picture } from "../charts/canvas.ts";
import type { Curve } from "../charts/curves.ts";
import type { Palette } from "../charts/palette.ts";
import { lookOf } from "./colours.ts";
import type { Scene, SceneAxis } from "./scene.ts";
import { ticksOf } from "./time-axis.ts";

const TICK_WIDTH = 72;
const AXIS_WIDTH = 64;
/** Room for the names at the lines' ends, by the chart's width. */
const LABEL_ROOM = 184;
const NARROW = 560;

/** `highlighted`: the key of the line that stands out; null: none does. */
export function pictureOf(scene: Scene, highlighted: string | null, palette: Palette): Picture {
  const { window, axes, marks, roomRight } = scene;
  return {
    window,
    axes: axes.map((one) => ({
      span: one.axis,
      ticks: one.axis.ticks,
      curves: curvesOf(one, highlighted, palette),
      borders: bordersOf(one),
    })),
    marks,
    timeTicks: (most) => ticksOf(window, most),
    timeTickWidth: TICK_WIDTH,
    axisWidth: AXIS_WIDTH,
    roomRight,
    endRoom: (width) => (width < NARROW ? 0 : LABEL_ROOM),
    moreEnds: (count) => t("and {0} more", count),
  };
}

function curvesOf({ lines }: SceneAxis, highlighted: string | null, palette: Palette): Curve[] {
  return lines.map(({ key, columns, tolerance, label, series }) => ({
    ...{ key, columns, tolerance, label },
    look: lookOf(series.slot, palette),
    width: palette.highContrast || key === highlighted ? 2.5 : 1.5,
    faint: highlighted !== null && key !== highlighted,
    value: "",
  }));
}

function bordersOf({ thresholds, unit }: SceneAxis): Border[] {
  return thresholds.map(({ level, value, direction, title }) => ({
    ...{ level, value, direction, whole: true, until: null },
    name: `${title} ${level} ${unit.brief(value)}`,
  }));
}
