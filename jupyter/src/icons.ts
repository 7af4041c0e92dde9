/** The two icons of the side panels, in the colours of Lab's own. */
import { LabIcon } from "@jupyterlab/ui-components";

const svg = (path: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24"><g class="jp-icon3" fill="#616161">${path}</g></svg>`;

/** A bell, which is a jellyfish's as well. */
export function bellIcon(): LabIcon {
  return new LabIcon({
    name: "gorgon-jupyter:bell",
    svgstr: svg(
      '<path d="M12 2a8 8 0 0 0-8 8v3h16v-3a8 8 0 0 0-8-8z"/><path d="M6 15h1.6v6H6zM10 15h1.6v7H10zM13.4 15H15v5h-1.6zM16.6 15h1.6v7h-1.6z"/>',
    ),
  });
}

/** Bars of a heat strip. */
export function stripIcon(): LabIcon {
  return new LabIcon({
    name: "gorgon-jupyter:strip",
    svgstr: svg('<path d="M3 14h3v7H3zM8 9h3v12H8zM13 3h3v18h-3zM18 11h3v10h-3z"/>'),
  });
}
