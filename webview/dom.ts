/** Building and changing the page: text is always text, and only what changed is touched. */

import { INVISIBLE } from "../protocol/plain.ts";

/** Attributes by name; `class` among them. Never `style`: the page's policy forbids it. */
export type Attrs = Readonly<Record<string, string>>;

/** Makes an element. Strings among the children become text. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attrs: Attrs = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Makes an SVG element. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attrs: Attrs = {},
  ...children: readonly Node[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attrs)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A glyph of VS Code's icon font; for the eye only. */
export function icon(name: string): HTMLElement {
  return h("span", { class: `codicon codicon-${name}`, "aria-hidden": "true" });
}

/** Nothing on the page is longer; what is has been cut before, where it has a better measure. */
const MOST_CHARACTERS = 4000;

/** Text without what cannot be seen, and without what would turn around the text beside it. */
export function visible(text: string): string {
  return text.slice(0, MOST_CHARACTERS).replace(INVISIBLE, " ");
}

/** Sets the text unless it is there already. */
export function setText(element: Element, words: string): void {
  const text = visible(words);
  const [only] = element.childNodes;
  if (only instanceof Text && element.childNodes.length === 1) {
    if (only.data !== text) only.data = text;
  } else if (element.textContent !== text) {
    element.textContent = text;
  }
}

/** Attributes that are read or heard. */
const SPOKEN: readonly string[] = ["title", "aria-label"];

/** Sets an attribute unless it has that value already; null takes it away. */
export function setAttr(element: Element, name: string, given: string | null): void {
  const value = given !== null && SPOKEN.includes(name) ? visible(given) : given;
  if (element.getAttribute(name) === value) return;
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
}

/** Shows or hides. */
export function setShown(element: HTMLElement, shown: boolean): void {
  if (element.hidden === shown) element.hidden = !shown;
}

/** A part of the page that follows a value. */
export interface Part<T> {
  readonly element: HTMLElement;
  update(value: T): void;
  /** Lets go of what outlives the element. */
  dispose?(): void;
}

/**
 * Keeps a container's children in step with a list: items with a known id are updated in place, new ones made, lost
 * ones taken away. Children are moved only when the order changed, and the focus survives it.
 */
export class Children<T extends { readonly id: string }> {
  readonly #parts = new Map<string, Part<T>>();
  readonly #container: HTMLElement;
  readonly #make: (item: T) => Part<T>;

  constructor(container: HTMLElement, make: (item: T) => Part<T>) {
    this.#container = container;
    this.#make = make;
  }

  update(items: readonly T[]): void {
    const ids = new Set(items.map((item) => item.id));
    for (const [id, part] of this.#parts) {
      if (ids.has(id)) continue;
      part.element.remove();
      part.dispose?.();
      this.#parts.delete(id);
    }
    const focused = document.activeElement;
    items.forEach((item, index) => {
      let part = this.#parts.get(item.id);
      if (part === undefined) {
        part = this.#make(item);
        this.#parts.set(item.id, part);
      }
      part.update(item);
      const there = this.#container.children[index];
      if (there !== part.element) this.#container.insertBefore(part.element, there ?? null);
    });
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.#container.contains(focused)) {
      focused.focus();
    }
  }
}
