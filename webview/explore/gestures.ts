/** What mouse and keyboard mean on a chart: zoom, pan, select, point. */

/** What the chart does about it. Shares and places are 0..1 of the plot's width. */
export interface Gestures {
  /** `factor` below 1 comes nearer. */
  zoom(factor: number, at: number | null): void;
  pan(share: number): void;
  select(from: number, to: number): void;
  /** While a selection is drawn; null when it is over. */
  selecting(span: { readonly from: number; readonly to: number } | null): void;
  /** Null: the pointer is elsewhere. */
  point(at: number | null): void;
  /** Moves the cursor by this share. */
  step(share: number): void;
  live(): void;
}

/** The plot inside the element, CSS pixels. */
export interface Plot {
  readonly left: number;
  readonly right: number;
}

/** A shorter drag is a click. */
const LEAST_DRAG = 6;
const WHEEL_FACTOR = 1.25;
const KEY_FACTOR = 2;
const KEY_PAN = 0.1;
const KEY_STEP = 0.01;

/** Listens until the element is gone. */
export function listen(element: HTMLElement, plot: () => Plot, gestures: Gestures): void {
  let drag: { readonly pan: boolean; readonly start: number; last: number } | null = null;

  const placeOf = (event: MouseEvent): number => {
    const { left, right } = plot();
    return (event.clientX - element.getBoundingClientRect().left - left) / Math.max(1, right - left);
  };
  const inside = (at: number): number => Math.min(1, Math.max(0, at));
  const isFar = (from: number, to: number): boolean => {
    const { left, right } = plot();
    return Math.abs(to - from) * (right - left) >= LEAST_DRAG;
  };

  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const at = placeOf(event);
    if (at < 0 || at > 1) return;
    element.setPointerCapture(event.pointerId);
    drag = { pan: event.shiftKey, start: at, last: at };
  });
  element.addEventListener("pointermove", (event) => {
    const at = placeOf(event);
    if (drag === null) {
      gestures.point(at < 0 || at > 1 ? null : at);
    } else if (drag.pan) {
      gestures.pan(drag.last - at);
      drag.last = at;
    } else {
      drag.last = inside(at);
      gestures.point(drag.last);
      gestures.selecting(isFar(drag.start, drag.last) ? { from: drag.start, to: drag.last } : null);
    }
  });
  const end = (event: PointerEvent): void => {
    const over = drag;
    drag = null;
    gestures.selecting(null);
    if (over === null || over.pan || event.type === "pointercancel" || !isFar(over.start, over.last)) return;
    gestures.select(Math.min(over.start, over.last), Math.max(over.start, over.last));
  };
  element.addEventListener("pointerup", end);
  element.addEventListener("pointercancel", end);
  element.addEventListener("pointerleave", () => {
    if (drag === null) gestures.point(null);
  });
  element.addEventListener(
    "wheel",
    (event) => {
      // Without the key the wheel scrolls the page, as everywhere.
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      gestures.zoom(event.deltaY > 0 ? WHEEL_FACTOR : 1 / WHEEL_FACTOR, inside(placeOf(event)));
    },
    { passive: false },
  );
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== element) return;
    const act = actionOf(event);
    if (act === null) return;
    event.preventDefault();
    act();
  });

  function actionOf({ key, shiftKey }: KeyboardEvent): (() => void) | null {
    switch (key) {
      case "+":
      case "=":
        return () => gestures.zoom(1 / KEY_FACTOR, null);
      case "-":
      case "_":
        return () => gestures.zoom(KEY_FACTOR, null);
      case "ArrowLeft":
        return () => (shiftKey ? gestures.step(-KEY_STEP) : gestures.pan(-KEY_PAN));
      case "ArrowRight":
        return () => (shiftKey ? gestures.step(KEY_STEP) : gestures.pan(KEY_PAN));
      case "PageUp":
        return () => gestures.pan(-1);
      case "PageDown":
        return () => gestures.pan(1);
      case "End":
      case "l":
        return () => gestures.live();
      case "Escape":
        return () => gestures.point(null);
      default:
        return null;
    }
  }
}
