import { describe, expect, test } from "vitest";
import { parseDevice, parseProcess } from "./nvidia-lines.ts";
import { troubleOf } from "./nvidia-trouble.ts";

const ID = "GPU-5a3e9c2b-1f60-4c1e-9a9e-3d1f6f7b8a01";
const LINE = `${ID}, NVIDIA GeForce RTX 4090, 44, 10035, 24564, 61, 212.47`;

describe("a device's line", () => {
  test("gives ratios, bytes, degrees and watts", () => {
    expect(parseDevice(LINE)).toEqual({
      kind: "value",
      value: {
        id: ID,
        name: "NVIDIA GeForce RTX 4090",
        utilization: 0.44,
        memoryUsed: 10035 * 1024 ** 2,
        memoryTotal: 24564 * 1024 ** 2,
        temperature: 61,
        power: 212.47,
      },
    });
  });

  test("tells what is not told from 0", () => {
    const line = `${ID}, Tesla M2090, [Not Supported], 0, [N/A], N/A, [Unknown Error]`;
    expect(parseDevice(line)).toMatchObject({
      kind: "value",
      value: { utilization: null, memoryUsed: 0, memoryTotal: null, temperature: null, power: null },
    });
  });

  test("takes a name with commas, blanks and markup as it is", () => {
    const line = `${ID}, A, <b>B</b>,C, 1, 2, 3, 4, 5`;
    expect(parseDevice(line)).toMatchObject({ value: { name: "A, <b>B</b>, C", utilization: 0.01 } });
  });

  test("of a GPU that is lost is a complaint that names it", () => {
    const line = `${ID}, RTX, [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost]`;
    expect(parseDevice(line)).toEqual({ kind: "words", text: `RTX (${ID}): [GPU is lost]` });
  });

  test.each([
    ["half a line", LINE.slice(0, 60)],
    ["decimal commas", `${ID}, RTX, 44, 10035, 24564, 61, 212,47 W`],
    ["a percentage over 100", LINE.replace(" 44,", " 144,")],
    ["units", LINE.replace("10035", "10035 MiB")],
    ["a negative number", LINE.replace("61", "-61")],
    ["no id", LINE.slice(ID.length)],
    ["noise", "\u0000\u0001\u0002"],
  ])("with %s is damaged, and gives no value", (_what, line) => {
    expect(parseDevice(line).kind).toBe("damaged");
  });

  test("that is a message is told from a damaged one", () => {
    expect(parseDevice("No devices were found").kind).toBe("words");
    expect(parseDevice("Failed to initialize NVML: Driver/library version mismatch").kind).toBe("words");
  });
});

describe("a process' line", () => {
  test("names the program without its folder, on every system", () => {
    expect(parseProcess(`${ID}, 48113, 18432, /home/ada/.venv/bin/python3`)).toEqual({
      kind: "value",
      value: { device: ID, pid: "48113", memory: 18432 * 1024 ** 2, name: "python3" },
    });
    expect(parseProcess(`${ID}, 7, 1, C:\\Games\\a, b.exe`)).toMatchObject({ value: { name: "a, b.exe" } });
  });

  test("may keep its memory to itself", () => {
    expect(parseProcess(`${ID}, 48113, [N/A], [Insufficient Permissions]`)).toMatchObject({ value: { memory: null } });
  });
});

test.each([
  ["Failed to initialize NVML: Driver/library version mismatch", "Restart the computer"],
  ["NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.", "modprobe nvidia"],
  ["Unable to determine the device handle for GPU 0000:65:00.0: GPU is lost.", "does not answer on its bus"],
  ["Unable to determine the device handle for GPU0: 0000:0B:00.0: Unknown Error", "In a container, restart it"],
  ['Field "x" is not a valid field to query.', "Update the NVIDIA driver"],
  ["Something new\nhappened", "nvidia-smi gives no figures: Something new happened"],
])("%s is told with its mend", (said, words) => {
  expect(troubleOf(said).message).toContain(words);
});
