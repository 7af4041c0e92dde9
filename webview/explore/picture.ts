/** The charts as one picture: when it was, the canvases one under the other, and every series with its colour. */
import { t } from "@vscode/l10n";
import type { Palette } from "../charts/palette.ts";
import { lookOf } from "./colours.ts";
import type { Scene } from "./scene.ts";

/** What goes into the picture. */
export interface PictureSources {
  readonly canvases: readonly HTMLCanvasElement[];
  readonly scenes: readonly Scene[];
  readonly title: string;
  readonly palette: Palette;
}

const EDGE = 16;
const LINE = 20;
const GAP = 12;

/** PNG bytes. Rejects when the browser cannot make one. */
export async function pictureOf({ canvases, scenes, title, palette }: PictureSources): Promise<Blob> {
  const lines = scenes.flatMap(({ axes }) => axes.flatMap((axis) => axis.lines));
  const scale = window.devicePixelRatio;
  const width = Math.max(...canvases.map((canvas) => canvas.clientWidth)) + 2 * EDGE;
  const heights = canvases.map((canvas) => canvas.clientHeight);
  const height = heights.reduce((sum, one) => sum + one + GAP, 0) + LINE * (lines.length + 1) + GAP + 2 * EDGE;
  const page = document.createElement("canvas");
  page.width = Math.round(width * scale);
  page.height = Math.round(height * scale);
  const context = page.getContext("2d");
  if (context === null) throw new Error(t("The picture cannot be drawn: this browser gives no canvas of that size."));
  context.scale(scale, scale);
  context.fillStyle = palette.background;
  context.fillRect(0, 0, width, height);
  context.textBaseline = "middle";
  context.font = `13px ${palette.fontFamily}`;
  context.fillStyle = palette.text;
  let y = EDGE + LINE / 2;
  context.fillText(title, EDGE, y);
  y += LINE / 2 + GAP;
  canvases.forEach((canvas, index) => {
    const tall = heights[index] ?? 0;
    context.drawImage(canvas, EDGE, y, canvas.clientWidth, tall);
    y += tall + GAP;
  });
  y += LINE / 2;
  for (const { name, series } of lines) {
    const { colour, dash } = lookOf(series.slot, palette);
    context.strokeStyle = colour;
    context.lineWidth = 3;
    context.setLineDash([...dash]);
    context.beginPath();
    context.moveTo(EDGE, y);
    context.lineTo(EDGE + 20, y);
    context.stroke();
    context.fillText(name, EDGE + 28, y, width - 2 * EDGE - 28);
    y += LINE;
  }
  return new Promise((resolve, reject) => {
    page.toBlob((blob) => {
      if (blob === null) reject(new Error(t("The picture cannot be made: it is too large for this browser.")));
      else resolve(blob);
    }, "image/png");
  });
}

/** Bytes in base64, as messages carry them. */
export async function base64Of(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  // As many at once as a call may have arguments.
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
