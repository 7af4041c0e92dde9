/** What `gorgon doctor` found. */

/** `ok`: found and working. `missing`: something to install or allow. `broken`: there but not working. `note`: for information. */
export type FindingStatus = "ok" | "missing" | "broken" | "note";

/** One thing looked at. */
export interface Finding {
  /** E.g. `Sensors`, `History`, `Configuration`. */
  readonly group: string;
  readonly subject: string;
  readonly status: FindingStatus;
  /** What was found, in words. */
  readonly detail: string;
  /** What to do about it; empty when nothing needs doing. */
  readonly mend: string;
}

/** The whole report. */
export interface DoctorReport {
  readonly time: number;
  readonly version: string;
  readonly findings: readonly Finding[];
}
