/** What nvidia-smi's complaints mean, and what to do about them. */

/** NVIDIA's tool gives no figures: why, with the mend. */
export class NvidiaSilent extends Error {
  override readonly name = "NvidiaSilent";
  /** There is no GPU at all: nothing is wrong, and there is nothing to read. */
  readonly nothingHere: boolean;
  constructor(reason: string, nothingHere = false) {
    super(reason);
    this.nothingHere = nothingHere;
  }
}

const KNOWN: readonly (readonly [RegExp, string])[] = [
  [
    /version mismatch/i,
    "The NVIDIA driver was updated while the old one was loaded (driver/library version mismatch). Restart the computer.",
  ],
  [
    /couldn't communicate with the nvidia driver|driver not loaded|nvml.*not found/i,
    "nvidia-smi does not reach the NVIDIA driver. Load it (modprobe nvidia), or install the driver for this kernel again.",
  ],
  [
    /gpu is lost|fallen off the bus/i,
    "A GPU is lost: it does not answer on its bus any more. Look at its power and cooling, and restart the computer.",
  ],
  [/requires reset/i, "A GPU requires a reset. Stop what uses it, and run nvidia-smi --gpu-reset as root."],
  [
    /unable to determine the device handle|unknown error/i,
    "The driver lost hold of a GPU. In a container, restart it (the devices' rules were reloaded); else restart the computer.",
  ],
  [
    /insufficient permissions|permission denied/i,
    "This user may not use the GPU. Look at the permissions of /dev/nvidia*, or add the user to the group that owns them.",
  ],
  [/not a valid field/i, "This nvidia-smi is too old for what is asked of it. Update the NVIDIA driver."],
];

/** The words of nvidia-smi, from the best known place. */
export function troubleOf(said: string): NvidiaSilent {
  const text = said.replace(/\s+/g, " ").trim();
  if (/no devices were found/i.test(text)) return new NvidiaSilent("nvidia-smi finds no GPU here.", true);
  const known = KNOWN.find(([pattern]) => pattern.test(text));
  if (known !== undefined) return new NvidiaSilent(known[1]);
  return new NvidiaSilent(`nvidia-smi gives no figures: ${text.slice(0, 200)}`);
}
