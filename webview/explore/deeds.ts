/** What can be done with the chart: copy, save, pin, make a rule; each says how it went. */
import { t } from "@vscode/l10n";
import { MOST_PINNED_SERIES } from "../../protocol/messages/webview.ts";
import type { Ask, Post } from "../ask.ts";
import type { Palette } from "../charts/palette.ts";
import { sentence, messageOf } from "../words.ts";
import { groupByUnit } from "./axes.ts";
import { csvOf } from "./csv.ts";
import { slice } from "./frames.ts";
import { fullName } from "./names.ts";
import { base64Of, pictureOf } from "./picture.ts";
import { type RuleDraft, ruleOf } from "./rule-form.ts";
import type { Scene } from "./scene.ts";
import { type ChosenSeries, keyOf } from "./state.ts";
import { windowText } from "./time-axis.ts";

/** What the deeds need. */
export interface DeedSources {
  readonly ask: Ask;
  readonly post: Post;
  /** Says how it went, in a sentence. */
  say(text: string): void;
  readonly scenes: () => readonly Scene[];
  readonly palette: () => Palette;
}

/** The deeds; none rejects. */
export class Deeds {
  readonly #sources: DeedSources;

  constructor(sources: DeedSources) {
    this.#sources = sources;
  }

  async copyCsv(): Promise<void> {
    const { text, rows } = this.#csv();
    try {
      await navigator.clipboard.writeText(text);
      this.#sources.say(rows === 1 ? t("1 row copied as CSV.") : t("{0} rows copied as CSV.", rows));
    } catch (error) {
      this.#sources.say(t("Nothing was copied: {0} Save the CSV file instead.", reasonOf(error)));
    }
  }

  async saveCsv(): Promise<void> {
    // The mark at its beginning tells spreadsheets that the file is UTF-8.
    await this.#save(new Blob(["\uFEFF", this.#csv().text]), "csv");
  }

  async copyPicture(canvases: readonly HTMLCanvasElement[]): Promise<void> {
    const scenes = this.#sources.scenes();
    const [first] = scenes;
    if (first === undefined) return;
    try {
      const title = windowText(first.window, 0);
      const picture = await pictureOf({ canvases, scenes, title, palette: this.#sources.palette() });
      try {
        await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
        this.#sources.say(t("The charts were copied as a picture."));
      } catch {
        // Some pages may not write pictures to the clipboard; a file does as well.
        await this.#save(picture, "png");
      }
    } catch (error) {
      this.#sources.say(t("There is no picture: {0}", reasonOf(error)));
    }
  }

  /** One chart a unit on the overview; the same series again replace theirs. */
  pin(series: readonly ChosenSeries[]): void {
    const groups = groupByUnit(series);
    for (const group of groups) {
      const kept = group.series.slice(0, MOST_PINNED_SERIES);
      this.#sources.post({
        type: "pin",
        chart: {
          id: `explore-${digest(kept.map(keyOf).join("\n"))}`,
          series: kept.map(({ metric, attributes, kind }) =>
            kind === "counter" ? { metric, attributes, aggregate: "rate" } : { metric, attributes },
          ),
        },
      });
    }
    const left = groups.some((group) => group.series.length > MOST_PINNED_SERIES);
    const done =
      groups.length === 1
        ? t("1 chart pinned to the overview.")
        : t("{0} charts pinned to the overview.", groups.length);
    this.#sources.say(left ? `${done} ${t("Each holds its first {0} series.", MOST_PINNED_SERIES)}` : done);
  }

  /** Opens `gorgon.yaml` with the rule added; whether it did. */
  async addRule(draft: RuleDraft, series: readonly ChosenSeries[]): Promise<boolean> {
    const rule = ruleOf(draft, series);
    if (rule === null) return false;
    try {
      await this.#sources.ask({ ask: "addRule", rule });
      this.#sources.say(t("gorgon.yaml is open with the rule added: save it to put it into force."));
      return true;
    } catch (error) {
      this.#sources.say(t("The rule was not added: {0}", reasonOf(error)));
      return false;
    }
  }

  #csv(): { readonly text: string; readonly rows: number } {
    const columns = this.#sources.scenes().flatMap(({ axes, window }) =>
      axes.flatMap(({ lines, unit }) =>
        lines.map((line) => ({
          name: fullName(line.series),
          unit: unit.id === "1" ? "" : unit.id,
          columns: slice(line.columns, window.from, window.to),
        })),
      ),
    );
    return { text: csvOf(columns), rows: new Set(columns.flatMap((one) => one.columns.times)).size };
  }

  async #save(content: Blob, ending: "csv" | "png"): Promise<void> {
    const stamp = new Date().toISOString().slice(0, 16).replace("T", " ").replace(":", "");
    try {
      const base64 = await base64Of(content);
      const { saved } = await this.#sources.ask({ ask: "save", name: `gorgon ${stamp}.${ending}`, base64 });
      this.#sources.say(saved ? t("The file was saved.") : t("Nothing was saved."));
    } catch (error) {
      this.#sources.say(t("The file was not saved: {0}", reasonOf(error)));
    }
  }
}

function reasonOf(error: unknown): string {
  return sentence(messageOf(error));
}

/** A short name for a text: the same text, the same name. */
function digest(text: string): string {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  for (let index = 0; index < text.length; index += 1) {
    low = Math.imul(low ^ text.charCodeAt(index), 0x01000193);
    high = Math.imul(high ^ text.charCodeAt(index), 0x85ebca6b);
  }
  return [low, high].map((one) => (one >>> 0).toString(36)).join("");
}
