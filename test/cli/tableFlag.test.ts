import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import {
  addTextOptions,
  addTrainingOptions,
  type TrainingFlags,
  trainingSettings,
} from "../../src/cli/options";
import { program } from "../../src/cli/program";
import { tableFlag } from "../../src/cli/tableFlag";
import type { Option } from "../../src/options/Option";
import { OPTIONS, training } from "../../src/options/table";

const commands = () => program().commands;
const flagOf = (entry: Option, command: Command) => command.options.find(({ flags }) => flags === entry.flag);

function parse(add: (command: Command) => Command, ...words: string[]): Record<string, unknown> {
  const command = add(new Command("x"))
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  command.parse(words, { from: "user" });
  return command.opts();
}

test("Every flag that the table names is a flag of a command, with the default and the name of the option", () => {
  for (const [owner, table] of Object.entries(OPTIONS as Record<string, Record<string, Option>>))
    for (const [name, entry] of Object.entries(table)) {
      if (entry.flag === undefined) continue;
      const made = commands().flatMap((command) => flagOf(entry, command) ?? []);
      assert.ok(made.length > 0, `${owner}: ${name}: no command has ${entry.flag}`);
      for (const flag of made) {
        assert.equal(flag.attributeName(), name);
        // A command may do a thing in other portions: predict takes 64 rows at a time where training takes 32.
        if (owner === "fineTune" && flag.defaultValue !== 64)
          assert.deepEqual(flag.defaultValue, entry.default === false ? undefined : entry.default, name);
      }
    }
});

test("The older short names of flags mean the same", () => {
  const short = parse(addTrainingOptions, "--lr", "1e-3", "--batch", "8");
  assert.deepEqual(short, parse(addTrainingOptions, "--learning-rate", "1e-3", "--batch-size", "8"));
  assert.equal(short.learningRate, 1e-3);
  assert.equal(parse(addTextOptions, "--max-len", "7").maxLength, 7);
  assert.equal(parse(addTextOptions, "--max-length", "7").maxLength, 7);
});

test("What a command trains with are fineTune's options, by fineTune's names", () => {
  const settings = trainingSettings(
    parse(addTrainingOptions, "--precision", "bfloat16") as unknown as TrainingFlags,
  );
  assert.equal(settings.precision, "bf16");
  for (const name of Object.keys(settings)) assert.ok(Object.hasOwn(training, name), name);
  const defaults = trainingSettings(parse(addTrainingOptions) as unknown as TrainingFlags);
  for (const [name, value] of Object.entries(defaults))
    assert.deepEqual(value, (training as Record<string, Option>)[name].default, name);
});

test("A flag is checked as the option is", () => {
  for (const [flag, value] of Object.entries({
    "--epochs": "0",
    "--lr": "fast",
    "--warmup": "2",
    "--schedule": "sudden",
    "--precision": "fp8",
    "--metric": "",
    "--class-weights": "heavy",
  }))
    assert.throws(() => parse(addTrainingOptions, flag, value), /is invalid/, flag);
});

test("Its help is the first sentence of what the option says, with the default where a number does not tell it", () => {
  assert.equal(
    tableFlag(OPTIONS.textDataset.text).description,
    'the column of texts, or several in a template: "{title} [SEP] {body}"',
  );
  assert.equal(
    tableFlag(training.earlyStopping).description,
    "stops after this many epochs in a row without a better one, with evalEvery after this many evaluations (default: never)",
  );
  assert.doesNotMatch(tableFlag(OPTIONS.tokenize.maxLength).description, /`/);
});

test("A help line ends with its first sentence, not with the authors of a paper", () => {
  for (const options of Object.values(OPTIONS))
    for (const entry of Object.values(options)) {
      if (!entry.flag) continue;
      const { description } = tableFlag(entry);
      assert.doesNotMatch(description, /\bet al\b(?!\. \d{4}\))/, entry.flag);
      assert.equal(description.split("(").length, description.split(")").length, description);
    }
});
