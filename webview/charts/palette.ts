/** The theme's colours as the canvas needs them: the page's variables, resolved, and read anew when the theme changes. */
import type { Ink } from "../plots.ts";

/** Resolved colours and the font of the theme that is on. */
export interface Palette {
  readonly ink: Readonly<Record<Ink, string>>;
  /** For lines and areas; `levelText` is made to be read. */
  readonly level: Readonly<Record<"WARN" | "CRIT", string>>;
  readonly levelText: Readonly<Record<"WARN" | "CRIT", string>>;
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly background: string;
  /** Nothing may rest on hue: dashes, markers, strong borders. */
  readonly highContrast: boolean;
  readonly fontFamily: string;
}

/** Reads the variables that dashboard.css sets on the page. */
export function readPalette(): Palette {
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  const colour = (name: string): string => {
    // A variable holds text; only a used colour is sure to be one that a canvas understands.
    probe.style.color = `var(--g-${name})`;
    return getComputedStyle(probe).color;
  };
  const palette: Palette = {
    ink: {
      cpu: opaque(colour("cpu")),
      memory: opaque(colour("memory")),
      disk: opaque(colour("disk")),
      network: opaque(colour("network")),
      gpu: opaque(colour("gpu")),
      pressure: opaque(colour("pressure")),
    },
    level: { WARN: colour("warn-line"), CRIT: colour("crit-line") },
    levelText: { WARN: colour("warn"), CRIT: colour("crit") },
    text: colour("text"),
    muted: colour("muted"),
    grid: colour("grid"),
    background: colour("card"),
    highContrast:
      /\bvscode-high-contrast/.test(document.body.className) || matchMedia("(prefers-contrast: more)").matches,
    fontFamily: getComputedStyle(document.body).fontFamily,
  };
  probe.remove();
  return palette;
}

/** Some themes derive a chart colour from a translucent highlight; as a thin line that would fade into the page. */
export function opaque(colour: string): string {
  return colour.replace(/^rgba\(\s*([\d.]+),\s*([\d.]+),\s*([\d.]+),\s*[\d.]+\s*\)$/, "rgb($1, $2, $3)");
}

/** Calls back when VS Code changes its theme, or the system does in a browser. */
export function onThemeChange(listener: () => void): void {
  let due = false;
  const soon = (): void => {
    if (due) return;
    due = true;
    // One change of theme touches many attributes; they are all in place by the next frame.
    requestAnimationFrame(() => {
      due = false;
      listener();
    });
  };
  const observer = new MutationObserver(soon);
  observer.observe(document.body, { attributes: true, attributeFilter: ["class", "data-vscode-theme-id"] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["class", "style"] });
  for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"]) {
    matchMedia(query).addEventListener("change", soon);
  }
}
