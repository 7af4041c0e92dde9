/** The JSON schema (draft-07) of a `gorgon.yaml`, for editors that know nothing of Gorgon. Made from `shape.ts`. */
import { type KeyShape, type Shape, type ValueKind, fileShape } from "./shape.ts";
import { ID } from "./named-list.ts";
import { MAX_MATCH, MAX_MESSAGE, MAX_TEXT, METRIC } from "./rule-keys.ts";
import { MAX_SENSORS } from "./values.ts";

type Schema = Readonly<Record<string, unknown>>;

const NUMBER = String.raw`[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?`;
const TIME = String.raw`^\s*\+?(\d+(\.\d*)?|\.\d+)\s*(ms|s|m|min|h|d)?\s*$`;
const THRESHOLD = String.raw`^\s*${NUMBER}\s*(%|(B|[kK]B|[MGT]B|[KMGT]iB)(/s)?)?\s*$`;
const PERCENT = String.raw`^\s*\+?\d+(\.\d*)?\s*%?\s*$`;

/** Numbers and switches count as their text. */
const TEXTS: Schema = {
  type: "object",
  maxProperties: MAX_MATCH,
  additionalProperties: { type: ["string", "number", "boolean"], maxLength: MAX_TEXT },
};

function text(pattern?: RegExp | string, maxLength = MAX_TEXT): Schema {
  const source = pattern instanceof RegExp ? pattern.source : pattern;
  return { type: "string", minLength: 1, maxLength, ...(source === undefined ? {} : { pattern: source }) };
}

function either(number: Schema, pattern: string): Schema {
  return {
    anyOf: [
      { type: "number", ...number },
      { type: "string", pattern, maxLength: 40 },
    ],
  };
}

function valueSchema(value: ValueKind): Schema {
  switch (value.kind) {
    case "id":
      return text(ID, 64);
    case "text":
    case "process":
      return text();
    case "message":
      return text(undefined, MAX_MESSAGE);
    case "metric":
      // The schema's patterns know no flags.
      return text(METRIC.source.replaceAll("a-z", "a-zA-Z"));
    case "threshold":
      return either({}, `${THRESHOLD}|${TIME}`);
    case "match":
    case "labels":
      return TEXTS;
    case "choice":
      return { enum: value.choices };
    case "duration":
      return either({ minimum: value.bounds.least / 1000, maximum: value.bounds.most / 1000 }, TIME);
    case "interval":
      return either({ minimum: 0.5, maximum: 3600 }, TIME);
    case "percent":
      return either({ minimum: 1, maximum: 100 }, PERCENT);
    case "switch":
      return { anyOf: [{ type: "boolean" }, { enum: ["true", "false", "yes", "no", "on", "off"] }] };
    case "sensors":
      return { anyOf: [{ type: "array", items: { type: "string" }, maxItems: MAX_SENSORS }, { type: "string" }] };
    case "days":
      return either({ minimum: 1, maximum: 3650 }, String.raw`^\s*\d+(\.\d*)?\s*d?\s*$`);
    case "path":
      return text(undefined, 4096);
    case "pid":
      return { type: "integer", minimum: 1, maximum: 2 ** 22 };
    case "sql":
      return text(undefined, 10_000);
    case "variable":
      return text("^[A-Za-z_][A-Za-z0-9_]{0,99}$", 100);
    case "any":
      return {};
  }
}

/** An empty key (`warn:` with nothing behind it) counts as absent everywhere. */
function orNothing(schema: Schema): Schema {
  const { description, ...rest } = schema;
  return { description, anyOf: [rest, { type: "null" }] };
}

function keySchema({ key, meaning, without, shape }: KeyShape): readonly [string, Schema] {
  const plain = without === "" || without === "required";
  const description = plain ? meaning : `${meaning} Without it: ${without}.`;
  return [key, orNothing({ description, ...shapeSchema(shape) })];
}

function shapeSchema(shape: Shape): Schema {
  if (shape.kind === "value") return valueSchema(shape.value);
  if (shape.kind === "list") return { type: "array", maxItems: shape.most, items: shapeSchema(shape.item) };
  const required = shape.keys.filter(({ without }) => without === "required").map(({ key }) => key);
  return {
    type: "object",
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
    ...alternatives(shape.keys.map(({ key }) => key)),
    properties: Object.fromEntries(shape.keys.map(keySchema)),
  };
}

/** Keys of which one must be there. */
function alternatives(keys: readonly string[]): Schema {
  const need = (names: readonly string[]) => names.map((name) => ({ required: [name] }));
  if (keys.includes("metric")) return { anyOf: need(["warn", "crit"]) };
  return keys.includes("process") ? { oneOf: need(["path", "process", "pid"]) } : {};
}

/** The schema. A workspace's file may hold `rules` and `watches` alone, which a schema of one file cannot tell apart. */
export function configSchema(): Schema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Gorgon's configuration",
    description:
      "gorgon.yaml: the user's own holds everything, that of a workspace only rules and watches. " +
      "What depends on other keys (which value is over which) is checked by Gorgon alone.",
    ...shapeSchema(fileShape()),
  };
}
