/** The package's version: put in by the bundler, or `0.0.0-source` when run from source. */
declare const GORGON_VERSION: string | undefined;

/** E.g. `0.1.0`. */
export const VERSION = typeof GORGON_VERSION === "string" ? GORGON_VERSION : "0.0.0-source";
