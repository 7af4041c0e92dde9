/** The tab that shows any series. */
import type { DashboardSnapshot } from "../../protocol/messages/webview.ts";
import type { Ask, Post } from "../ask.ts";
import type { Palette } from "../charts/palette.ts";
import { h } from "../dom.ts";

/** What the tab remembers. */
export interface ExploreState {
  readonly search: string;
}

/** What the tab is built from. */
export interface ExploreOptions {
  readonly ask: Ask;
  readonly post: Post;
  readonly state: ExploreState | null;
  save(state: ExploreState): void;
}

/** The tab, once built. */
export interface ExplorePart {
  readonly element: HTMLElement;
  update(snapshot: DashboardSnapshot | null, now: number): void;
  show(visible: boolean): void;
  retheme(palette: Palette): void;
}

/** Builds the tab. */
export function explorePart({ state }: ExploreOptions): ExplorePart {
  return {
    element: h("p", { class: "none" }, state === null ? "No series is chosen." : `Nothing fits ${state.search}.`),
    update: () => undefined,
    show: () => undefined,
    retheme: () => undefined,
  };
}
