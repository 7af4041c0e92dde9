/** Reads keys from what a terminal in raw mode sends: letters, arrows, Escape, Ctrl+C. */

/** A key: one printable character, or one of these names. Whatever else a terminal sends is no key. */
export type Key =
  | {
      readonly name:
        "up" | "down" | "pageup" | "pagedown" | "home" | "end" | "enter" | "escape" | "interrupt" | "suspend";
    }
  | { readonly name: "character"; readonly character: string };

type Named = Exclude<Key["name"], "character">;

const ESCAPE = "\u001b";

const SEQUENCES: Readonly<Record<string, Named>> = {
  "[A": "up",
  "[B": "down",
  "[H": "home",
  "[F": "end",
  "[1~": "home",
  "[4~": "end",
  "[5~": "pageup",
  "[6~": "pagedown",
  "[7~": "home",
  "[8~": "end",
  OA: "up",
  OB: "down",
  OH: "home",
  OF: "end",
};

const CONTROLS: Readonly<Record<string, Named>> = {
  "\u0003": "interrupt",
  "\u001a": "suspend",
  "\r": "enter",
  "\n": "enter",
};

/** A whole sequence: CSI with its parameters and final byte, SS3 with one more, or Alt with a character. */
// eslint-disable-next-line no-control-regex -- terminals begin a key's sequence with this control
const WHOLE = /^\u001b(\[[0-?]*[ -/]*[@-~]|O[ -~]|[^[O\u001b])/u;
/** A sequence that has only begun. */
// eslint-disable-next-line no-control-regex -- as above
const BEGUN = /^\u001b(\[[0-?]*[ -/]*|O)?$/;
/** No key has a longer one: the rest of such a stream is not worth keeping. */
const LONGEST = 32;

/** Puts sequences together that arrive in pieces. */
export class KeyReader {
  #rest = "";

  /** Whether a sequence has begun; when nothing follows soon it was the Escape key. */
  get waiting(): boolean {
    return this.#rest !== "";
  }

  /** The keys in what has come. */
  feed(text: string): readonly Key[] {
    let rest = this.#rest + text;
    this.#rest = "";
    const keys: Key[] = [];
    while (rest !== "") {
      if (!rest.startsWith(ESCAPE)) {
        const [character = ""] = rest;
        rest = rest.slice(character.length);
        keys.push(...keyOf(character));
        continue;
      }
      const whole = WHOLE.exec(rest);
      if (whole !== null) {
        rest = rest.slice(whole[0].length);
        const name = SEQUENCES[whole[1] ?? ""];
        if (name !== undefined) keys.push({ name });
      } else if (BEGUN.test(rest) && rest.length <= LONGEST) {
        this.#rest = rest;
        return keys;
      } else {
        rest = rest.slice(1);
        keys.push({ name: "escape" });
      }
    }
    return keys;
  }

  /** Nothing followed: what has begun was Escape. */
  settle(): readonly Key[] {
    if (this.#rest === "") return [];
    this.#rest = "";
    return [{ name: "escape" }];
  }
}

function keyOf(character: string): Key[] {
  const name = CONTROLS[character];
  if (name !== undefined) return [{ name }];
  return /^[\p{Cc}\p{Cs}]$/u.test(character) ? [] : [{ name: "character", character }];
}
