import { expect, test } from "vitest";
import { detailOf } from "./names.ts";

test.each([
  ["python3.11", ["python3.11", "-u", "/home/ada/train.py", "--lr", "3"], "train.py"],
  ["python3", ["python3", "-m", "http.server", "8000"], "http.server"],
  ["node", ["node", "--max-old-space-size=4096", "/x/bootstrap-fork", "--type=extensionHost"], "extensionHost"],
  ["java", ["java", "-Xmx2g", "-jar", "/opt/app.jar"], "app.jar"],
  ["bash", ["-bash"], ""],
  ["python3", ["python3"], ""],
])("%s %j runs %s", (program, argv, detail) => {
  expect(detailOf(program, argv)).toBe(detail);
});

test.each([
  ["python3", ["python3", "-c", "login('hunter2')"]],
  ["bash", ["bash", "-c", "curl -H 'Authorization: hunter2'"]],
  ["node", ["node", "-e", "hunter2()"]],
  ["curl", ["curl", "https://ada:hunter2@host"]],
  ["mysql", ["mysql", "-phunter2", "hunter2"]],
])("%s %j keeps its secrets", (program, argv) => {
  expect(detailOf(program, argv)).toBe("");
});
