import assert from "node:assert/strict";
import { test } from "node:test";
import { nativeCommand } from "../../../src/cli/commands/native";

const command = () =>
  nativeCommand()
    .exitOverride()
    .configureOutput({ writeErr() {} });

test("What undoes, what fetches and what downloads exclude each other", async () => {
  for (const flags of [
    ["--pip", "--official"],
    ["--remove", "--pip"],
    ["--remove", "--official"],
  ])
    await assert.rejects(command().parseAsync(flags, { from: "user" }), {
      code: "commander.conflictingOption",
    });
});

test("The help names the places that are searched and the variable that names one", () => {
  const help = command().helpInformation();
  for (const word of ["FROSTKIT_TENSORFLOW", "--pip", "--official", "--remove", "active Python", "conda"])
    assert.ok(help.includes(word), word);
});
