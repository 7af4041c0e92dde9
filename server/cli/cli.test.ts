/** What the command line says before it does anything: wrong use, help, version. */
import { afterAll, describe, expect, test } from "vitest";
import { homes } from "./testing.ts";

const { user, remove } = homes();
afterAll(remove);

describe("wrong use", () => {
  test.each([
    ["bell --interval 0", "--interval must be a number of seconds"],
    ["bell --interval -2", "--interval must be"],
    ["bell --interval soon", 'not "soon"'],
    ["bell --iterations 0", "--iterations must be a whole number of at least 1"],
    ["bell --iterations 1.5", "--iterations must be"],
    ["bell --plain --json", "cannot be used with"],
    ["bell --loud", "unknown option"],
    ["bel", "Did you mean bell?"],
    ["top --sort name", "--sort must be one of cpu, memory, io"],
    ["top --limit none", "--limit must be a whole number"],
    ["alerts --from tomorrow", "--from must be a time like"],
    ["alerts --from -1h --to -2h", "--from must be before --to"],
    ["alerts --limit 5000", "--limit must be at most 1000"],
    ["silence add --for 2h", "required option '-m, --match"],
    ["silence add --match rule=disk --for ever", "--for must be a length of time like 30m"],
    ["silence add --match disk", "--match must be an attribute like"],
    ["silence forever", "too many arguments"],
    ["acknowledge", "missing required argument"],
    ["quick --interval 0.1", "--interval must be"],
    ["quick --seconds 0", "--seconds must be"],
    ["", "Usage: gorgon"],
  ])("such as `gorgon %s` is told on stderr and ends with 64", async (args, words) => {
    const { run } = user();
    const { code, out, err } = await run(args);
    expect(code).toBe(64);
    expect(err).toContain(words);
    expect(out).toBe("");
  });

  test.each([
    "",
    "bell ",
    "top ",
    "alerts ",
    "acknowledge ",
    "silence ",
    "silence add ",
    "silence end ",
    "quick ",
    "doctor ",
    "export ",
  ])("is what `gorgon %s--help` is for, with an example", async (command) => {
    const { run } = user();
    const { code, out } = await run(`${command}--help`);
    expect(code).toBe(0);
    expect(out).toMatch(/Example:\n {2}\$ gorgon /);
  });

  test("is not asking for the version", async () => {
    const { run } = user();
    expect(await run("--version")).toMatchObject({ code: 0, out: "0.0.0-source\n" });
  });
});
