/** The lines of nvidia-smi: a device, a process, or words that say what is the matter. Pure. */
import type { Device } from "./metrics.ts";

const MIB = 1024 ** 2;

/**
 * What is asked of each device. The name stands between what it cannot be confused with: it may hold commas, and
 * nvidia-smi does not quote. No field that an older driver refuses: one unknown field and it answers nothing.
 */
export const DEVICE_QUERY = "uuid,name,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw";
const DEVICE_NUMBERS = 5;

/** The same for processes that compute: the path comes last. */
export const PROCESS_QUERY = "gpu_uuid,pid,used_memory,process_name";

/** A process on a GPU. `memory` null: not told (MIG, Windows' own driver model). */
export interface GpuProcess {
  readonly device: string;
  readonly pid: string;
  readonly memory: number | null;
  /** Its program's file name, without the folder. */
  readonly name: string;
}

/** What a line came to. `words`: it is a message for people. `damaged`: neither that nor the format. */
export type Line<T> =
  { readonly kind: "value"; readonly value: T } | { readonly kind: "words" | "damaged"; readonly text: string };

const UUID = /^(?:GPU|MIG)-[\w/-]{4,100}$/;
const NUMBER = /^\d{1,12}(?:\.\d{1,6})?$/;
/** `[N/A]`, `[Not Supported]`, `[Unknown Error]`, `[GPU requires reset]`, `[Insufficient Permissions]`, `N/A`. */
const NOT_TOLD = /^(?:\[[^[\]]{1,80}\]|N\/A|)$/i;
/** A GPU that says this in place of a number has more the matter than a figure it does not know. */
const GPU_TROUBLE = /\[[^[\]]*(?:lost|reset|unknown error)[^[\]]*\]/i;
/** Something of the format is there, so the line is not a message. */
const FORMATTED = /^(?:GPU|MIG)-|,.*,.*,/;

/** A device's line. */
export function parseDevice(line: string): Line<Device> {
  const fields = line.split(",").map((field) => field.trim());
  const [id = ""] = fields;
  const numbers = fields.slice(-DEVICE_NUMBERS).map(numberOf);
  const name = fields.slice(1, -DEVICE_NUMBERS).join(", ");
  if (fields.length < DEVICE_NUMBERS + 2 || !UUID.test(id) || numbers.includes(undefined)) return other(line);
  const [percent = null, used = null, total = null, temperature = null, power = null] = numbers;
  if (percent !== null && percent > 100) return other(line);
  const said = numbers.every((one) => one === null) ? GPU_TROUBLE.exec(line) : null;
  if (said !== null) return { kind: "words", text: `${name} (${id}): ${said[0]}` };
  return {
    kind: "value",
    value: {
      id,
      name: name === "" ? "NVIDIA GPU" : name,
      utilization: percent === null ? null : percent / 100,
      memoryUsed: used === null ? null : used * MIB,
      memoryTotal: total === null ? null : total * MIB,
      temperature,
      power,
    },
  };
}

/** A process' line. */
export function parseProcess(line: string): Line<GpuProcess> {
  const fields = line.split(",").map((field) => field.trim());
  const [device = "", pid = "", used = ""] = fields;
  const memory = numberOf(used);
  if (fields.length < 4 || !UUID.test(device) || !/^\d{1,10}$/.test(pid) || memory === undefined) return other(line);
  const path = fields.slice(3).join(", ");
  const name = path.split(/[\\/]/).at(-1) ?? "";
  return {
    kind: "value",
    value: { device, pid, memory: memory === null ? null : memory * MIB, name: name === "" ? path : name },
  };
}

/** A number; null where it is not told; undefined for what is neither. */
function numberOf(field: string): number | null | undefined {
  if (NUMBER.test(field)) return Number(field);
  return NOT_TOLD.test(field) ? null : undefined;
}

function other(line: string): { readonly kind: "words" | "damaged"; readonly text: string } {
  const text = line.trim().slice(0, 300);
  return { kind: FORMATTED.test(text) || !/[a-z]{3} [a-z]/i.test(text) ? "damaged" : "words", text };
}
