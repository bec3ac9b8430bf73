import assert from "node:assert/strict";
import { test } from "node:test";
import { program } from "../../src/cli/program";
import { spelledForShell } from "../../src/cli/spelledForShell";
import { OPTIONS } from "../../src/options/table";

const optionsOf = (name: string) => program().commands.find((command) => command.name() === name)!.options;

const spelled = (message: string, command = "sweep", ...typed: string[]) =>
  spelledForShell(message, optionsOf(command), [command, ...typed]);

test("What an error of the kit calls an option is what is typed for it, at its start and within", () => {
  for (const [message, expected] of [
    ["maxLength: expected at least 3, got 2", "--max-length: expected at least 3, got 2"],
    ["validFraction 0.01: expected rows on both sides", "--valid-fraction 0.01: expected rows on both sides"],
    [
      "valid: row 3 is too long; tokenize with maxLength: 512",
      "--valid: row 3 is too long; tokenize with --max-length 512",
    ],
    [
      "w: of shape [2]; pass ignoreMismatchedSizes: true to start it anew",
      "w: of shape [2]; pass --ignore-mismatched-sizes to start it anew",
    ],
    [
      "this order, or ignoreMismatchedSizes (--ignore-mismatched-sizes), which",
      "this order, or --ignore-mismatched-sizes, which",
    ],
    ["label: expected one column", "--label: expected one column"],
    ["other rows; `restart: true` begins anew", "other rows; --restart begins anew"],
    ["strategies[0].rank: expected an integer", "--strategies[0].rank: expected an integer"],
    ["try batchSize: 16.", "try --batch-size 16."],
    [
      "try batchSize: 8 with gradientAccumulation: 2, which trains the same, or maxLength: 32, or",
      "try --batch-size 8 with --gradient-accumulation 2, which trains the same, or --max-length 32, or",
    ],
    [
      "earlyStopping and the metric judge by validation rows",
      "--early-stopping and the metric judge by validation rows",
    ],
  ])
    assert.equal(spelled(message), expected);
});

test("Freezing the first blocks is --freeze where it is typed so", () => {
  const message = "n: expected a whole number from 0 (embeddings only) to 6 (all blocks), got 7";
  for (const command of ["list", "finetune"])
    assert.equal(spelled(message, command), message.replace("n:", "--freeze:"));
  assert.equal(spelled("n: expected at least one depth"), "--n: expected at least one depth");
});

test("Paths, what is quoted, what was typed and what the command does not take stay as they are", () => {
  for (const message of [
    "runs/maxLength/config.json: cannot be read",
    'train.csv: expected the text column "batchSize", got the columns "maxLength"',
    'it says "a \\"batchSize: 3\\" b"',
    "labelSmoothing: 0.2 needs as much",
    "train.csv: no such file",
    "tokenize: the maxLengths of both",
    "see model.maxLength for it",
    "freezeSweep: unknown option strategies[0].rate; it knows recipe, name, learningRate",
  ])
    assert.equal(spelled(message), message);
  assert.equal(
    spelled("model: expected another folder", "finetune", "--model", "model"),
    "model: expected another folder",
  );
  assert.equal(spelledForShell("maxLength: 3", [], []), "maxLength: 3");
  for (const typed of ["my maxLength", "maxLength", "my maxLength (2)", "a+batchSize"])
    assert.equal(
      spelled(`${typed}: no such file; see ${typed} with batchSize: 3`, "finetune", "--train", typed),
      `${typed}: no such file; see ${typed} with --batch-size 3`,
    );
});

test("Each option of the table that a command takes is told under its flag", () => {
  let told = 0;
  for (const command of ["sweep", "finetune", "predict"])
    for (const table of Object.values(OPTIONS))
      for (const [name, entry] of Object.entries(table) as [string, { flag?: string }][]) {
        const flag = optionsOf(command).find((option) => option.attributeName() === name);
        if (!flag || entry.flag === undefined) continue;
        told++;
        assert.equal(
          spelled(`${name}: expected more, got less`, command),
          `${flag.long}: expected more, got less`,
        );
      }
  assert.ok(told > 40, `${told}`);
});
