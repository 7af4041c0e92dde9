/** Finds what was never translated on a page that speaks the invented language of scripts/words.ts, and what has no room. */
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { PSEUDO_MARKS } from "../../scripts/words.ts";

/** Where a text may stand that is the same in every language, and why it is. */
const SAME_EVERYWHERE: readonly { readonly text: RegExp; readonly why: string }[] = [
  { text: /⟨[^⟩⟦⟧]*⟩?/g, why: "what the worker says; it speaks the language by itself" },
  { text: /\b(OK|WARN|CRIT|UNKNOWN)\b/g, why: "levels are words of the protocol, as files and logs have them" },
  { text: /\b(CPU|GPU|IO|Gorgon|CSV|PNG|gorgon\.yaml)\b/g, why: "abbreviations and names" },
  {
    text: /\d ?(%|([KMGT]i)?B(\/s)?|ms|min|s|h|d|°C|\/s)(?!\p{L})/gu,
    why: "numbers with units, by protocol/format.ts",
  },
  { text: /(?<![\p{L}/])(([KMGT]i)?B(\/s)?|ms|min|s|°C)(?![\p{L}])/gu, why: "units beside their numbers" },
  {
    text: /\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|AM|PM|UTC|GMT)\b/g,
    why: "dates, by Intl in the browser's language",
  },
  { text: /[a-z._]+=[^\s,⟦⟧]*/g, why: "attributes with their values, as searches take them" },
  { text: /\b(cpu\.utilization \d user|memory\.(utilization|usage) used)\b/g, why: "series by metric and attributes" },
  { text: /\b[a-z_]+(\.[a-z_]+)+\b/g, why: "names of metrics and attributes" },
  { text: /\/(data|vda1)\b/g, why: "paths" },
  { text: /(?<![\p{L}.])(team|database|path|rule)(?=:|$| múst)/gu, why: "labels' names" },
  { text: /(?<=rúlé )[\w-]+/g, why: "a rule's id" },
  { text: /\beth0 (receive|transmit)\b|\b(cpu busy|io rate)\b/g, why: "series by their attributes and short metrics" },
];

/** What is left of a text that was never translated; empty when all was. */
export function untranslated(text: string, data: readonly string[]): string {
  let rest = text;
  for (const known of data) rest = rest.replaceAll(known, "");
  for (const same of SAME_EVERYWHERE) rest = rest.replace(same.text, "");
  let depth = 0;
  let outside = "";
  for (const letter of rest) {
    if (letter === PSEUDO_MARKS[0]) depth += 1;
    else if (letter === PSEUDO_MARKS[1]) depth -= 1;
    else if (depth <= 0) outside += letter;
  }
  // The invented language has no plain vowels: a word with one was put into a sentence untranslated.
  const inside = /(?<!\p{L})[\p{L}]*[aeiouAEIOU]\p{L}*/u.exec(rest);
  return /\p{L}/u.test(outside) ? outside.trim() : (inside?.[0] ?? "");
}

/** Everything that is read or heard on the page now, and what charts have painted. */
const READ = `(() => {
  const texts = new Set(window.painted);
  const visible = (element) => (element.closest("select") ?? element).checkVisibility();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: parent, data } = walker.currentNode;
    if (data.trim() !== "" && parent.closest("script, style") === null && visible(parent)) texts.add(data.trim());
  }
  const names = ["aria-label", "title", "placeholder", "aria-valuetext", "aria-roledescription", "aria-description", "alt"];
  for (const element of document.querySelectorAll("body *")) {
    if (!visible(element)) continue;
    for (const name of names) if (element.hasAttribute(name)) texts.add(element.getAttribute(name));
  }
  return [...texts];
})()`;

/** Elements that stick out of the page, or of the card or button that they are in. */
const STICKING_OUT = `(() => {
  const found = [];
  const clips = (element) => getComputedStyle(element).overflowX !== "visible";
  const inClip = (element, until) => {
    for (let one = element.parentElement; one !== null && one !== until; one = one.parentElement) if (clips(one)) return true;
    return false;
  };
  for (const element of document.querySelectorAll("#app *")) {
    if (!element.checkVisibility({ visibilityProperty: true }) || element.closest("svg, .unseen, .codicon") !== null) continue;
    const box = element.closest(".card, .tile, dialog, button, vscode-button");
    const outer = box === null || box === element ? document.documentElement : box;
    if (inClip(element, outer)) continue;
    const { left, right } = element.getBoundingClientRect();
    const bounds = outer === document.documentElement ? { left: 0, right: innerWidth } : outer.getBoundingClientRect();
    if (right > bounds.right + 1 || left < bounds.left - 1) {
      found.push(element.tagName + "." + element.className + " " + Math.round(right - bounds.right) + " px: " + element.textContent.slice(0, 60));
    }
  }
  if (document.documentElement.scrollWidth > innerWidth) found.push("the page scrolls sideways");
  return found;
})()`;

/** For a page's first script: keeps what its charts paint, for `expectTranslated`. */
export const RECORD_PAINTING = `
  window.painted = new Set();
  const { fillText } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    window.painted.add(String(text));
    return fillText.call(this, text, ...rest);
  };`;

/** Nothing on the page is in English, and all of it has room. */
export async function expectTranslated(page: Page, data: readonly string[] = []): Promise<void> {
  const texts: string[] = await page.evaluate(READ);
  const left = texts.flatMap((text) => {
    const rest = untranslated(text, data);
    return rest === "" ? [] : [{ rest, text }];
  });
  expect(left).toEqual([]);
  expect(texts.some((text) => text.startsWith(PSEUDO_MARKS[0]))).toBe(true);
  expect(await page.evaluate(STICKING_OUT)).toEqual([]);
}
