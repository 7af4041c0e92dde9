/**
 * Makes the pictures that ship from their sources in media/: the extension's icon (PNG), the icon font of the status
 * bar and the panel's tab icons. Run after a change of a source; the results are kept in the repository.
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { chromium } from "playwright-core";
import svg2ttf from "svg2ttf";
import { SVGIcons2SVGFontStream } from "svgicons2svgfont";
import ttf2woff from "ttf2woff";

const media = path.join(path.dirname(import.meta.dirname), "media");

/** What the marketplace shows, pixels a side. */
const ICON_SIZE = 256;

/** The glyphs by file name; the characters stand in extension/contributions.ts. */
const GLYPHS: Readonly<Record<string, string>> = { "gorgon-bell": "\uE001" };

/** VS Code's own icon colours, so that the tab icon does not stand out. */
const TAB_COLORS = { light: "#424242", dark: "#C5C5C5" } as const;

async function renderIcon(): Promise<void> {
  const svg = readFileSync(path.join(media, "icon.svg"), "utf8");
  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--headless"],
  });
  try {
    const page = await browser.newPage({ viewport: { width: ICON_SIZE, height: ICON_SIZE } });
    await page.setContent(`<body style="margin:0">${svg}</body>`);
    const png = await page.screenshot({ omitBackground: true });
    writeFileSync(path.join(media, "icon.png"), png);
  } finally {
    await browser.close();
  }
}

async function buildFont(): Promise<void> {
  const stream = new SVGIcons2SVGFontStream({
    fontName: "gorgon-icons",
    fontHeight: 1000,
    // Codicons stand on the text's baseline in the same way.
    descent: 150,
    normalize: true,
  });
  let svgFont = "";
  stream.setEncoding("utf8").on("data", (part: string) => (svgFont += part));
  const done = new Promise<void>((resolve, reject) => {
    stream.on("end", resolve);
    stream.on("error", reject);
  });
  for (const [name, character] of Object.entries(GLYPHS)) {
    const glyph = Readable.from([readFileSync(path.join(media, "glyphs", `${name}.svg`))]);
    stream.write(Object.assign(glyph, { metadata: { name, unicode: [character] } }));
  }
  stream.end();
  await done;
  // A fixed time, so that the same sources give the same bytes.
  const ttf = svg2ttf(svgFont, { ts: 0 });
  writeFileSync(path.join(media, "gorgon-icons.woff"), ttf2woff(ttf.buffer));
}

function writeTabIcons(): void {
  const svg = readFileSync(path.join(media, "glyphs", "gorgon-bell.svg"), "utf8");
  for (const [theme, color] of Object.entries(TAB_COLORS)) {
    writeFileSync(path.join(media, `bell-${theme}.svg`), svg.replace("<path ", `<path fill="${color}" `));
  }
}

await renderIcon();
await buildFont();
writeTabIcons();
console.log("media/: icon.png, gorgon-icons.woff and the tab icons are written.");
