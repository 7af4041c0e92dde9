/** Gorgon as a library: sensors, crab, octopus, stores and the bell, without VS Code. Nothing happens at import. */
export * from "../protocol/index.ts";

// The operating system, real or recorded, and time.
export type { Clock, Disposable, FileFacts, Files, FileSystemSize, Host, LiveFile, Programs } from "./host/host.ts";
export { leveledLog, silentLog, type Log } from "./host/log.ts";
export { nodeHost, systemClock } from "./host/node.ts";
export { fixtureHost, FixtureHost, type FixtureOptions } from "./host/fixture.ts";
export { ManualClock } from "./host/manual-clock.ts";

// Sensing.
export { TrainingSensor } from "./rhopalia/training/index.ts";
export { hostSensors, slowSensors, type SlowOptions } from "./rhopalia/index.ts";
export { Malformed, NoData, PartialFailure, type Rhopalium } from "./rhopalia/rhopalium.ts";
export type { Crab, CrabStats } from "./crabs/crab.ts";
export { CrabDisposed, CrabGuardian, DEFAULT_INTERVAL_MS, type CrabOptions } from "./crabs/guardian.ts";
export { CrabExporter, exportFrom, type Arm, type ExporterOptions, type ExporterStats } from "./crabs/exporter.ts";
export { rateOf, type RateConditions } from "./crabs/rate.ts";
export { SelfMeter } from "./crabs/self.ts";
export { sleeper, type PresetOptions } from "./crabs/sleeper.ts";
export { CrabTrainer, type TrainerOptions } from "./crabs/trainer.ts";
export { watchdog } from "./crabs/watchdog.ts";
export { commonBeat, type Beat } from "./crabs/beat.ts";

// Keeping.
export {
  UnknownCrab,
  type Hub,
  type HubEvents,
  type Latest,
  type MetricSource,
  type WindowQuery,
} from "./octopus/hub.ts";
export { Octopus, type OctopusOptions } from "./octopus/octopus.ts";
export type { SeriesInfo, SeriesStore } from "./octopus/store/store.ts";
export { MemoryStore, type MemoryStoreOptions } from "./octopus/store/memory.ts";
export { openStore } from "./octopus/store/open.ts";
export { ChunkStore, type ChunkStoreOptions } from "./octopus/store/chunk-store.ts";
export { SqliteMissing } from "./octopus/store/sqlite-errors.ts";

// Judging.
export { Bell, type BellOptions } from "./bell/bell.ts";
export { rulesOf } from "./bell/rules.ts";
export { plainLine, runPlainBell, type PlainBellOptions } from "./bell/plain.ts";
export { renderBell } from "./bell/terminal.ts";
export { styleOf, type TerminalFacts, type TerminalStyle } from "./bell/terminal-style.ts";
export { defaultConfig } from "./config/defaults.ts";
export type { StackConfig, Thresholds } from "./config/config.ts";
export type { FileWatch, ProcessWatch, Watch } from "./config/watch.ts";

export { VERSION } from "./version.ts";
