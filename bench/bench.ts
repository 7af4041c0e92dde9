/** What a bench is: a module of this folder with a `run`. */

/** From the command line. */
export interface BenchOptions {
  /** Paced samples to take; each bench has its own default. */
  readonly samples?: number;
  /** How long a bench that watches something over time does so; each has its own default. */
  readonly minutes?: number;
  /** Where progress is written, a line at a time. */
  readonly say: (line: string) => void;
}

/** Figures by key; nested where a key has several. Null: could not be measured here. */
export type BenchResult = Readonly<Record<string, unknown>>;

/** A bench's module. */
export interface Bench {
  /** One line for docs/footprint.md. */
  readonly title: string;
  /** The result, and what it means, as Markdown. */
  readonly describe: (result: BenchResult) => string;
  /** A part of it for another document, which has a place for it: `<!-- bench NAME -->` to `<!-- /bench -->`. */
  readonly excerpt?: { readonly file: string; readonly of: (result: BenchResult) => string };
  readonly run: (options: BenchOptions) => Promise<BenchResult>;
}
