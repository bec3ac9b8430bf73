import assert from "node:assert/strict";
import { test } from "node:test";
import { CommanderError } from "commander";
import { failureOf } from "../../src/cli/failure";
import { Interrupted } from "../../src/cli/interrupt";
import { FrostError, InputError } from "../../src/errors";
import { FreezeError } from "../../src/freeze";

const of = (error: unknown) => failureOf(error, "frostkit sweep");

test("Bad input is exit code 2, in one line that begins with the command", () => {
  assert.deepEqual(of(new InputError("train.csv: no such file")), {
    exitCode: 2,
    line: "frostkit sweep: train.csv: no such file",
  });
  assert.equal(of(new FreezeError("no parameter matches")).exitCode, 2);
});

test("A usage error points to the help, its suggestion on the same line", () => {
  const error = new CommanderError(
    1,
    "commander.unknownOption",
    "error: unknown option '--trian'\n(Did you mean --train?)",
  );
  assert.deepEqual(of(error), {
    exitCode: 2,
    line: "frostkit sweep: unknown option '--trian' (Did you mean --train?); see frostkit sweep --help",
  });
});

test("Help and version, which commander throws once they are printed, are no failure", () => {
  assert.deepEqual(of(new CommanderError(0, "commander.helpDisplayed", "(outputHelp)")), {
    exitCode: 0,
    line: null,
  });
});

test("Ctrl-C is 130, as a shell reports it", () => {
  assert.equal(of(new Interrupted("stopped")).exitCode, 130);
});

test("frostkit's own failures are 1; an error nobody expected says how to see where it came from", () => {
  assert.deepEqual(of(new FrostError("engine tensorflow cannot run")), {
    exitCode: 1,
    line: "frostkit sweep: engine tensorflow cannot run",
  });
  assert.deepEqual(of(new TypeError("x is not\n  a function")), {
    exitCode: 1,
    line: "frostkit sweep: x is not a function (FROSTKIT_DEBUG=1 shows where)",
  });
  assert.equal(of("a text").exitCode, 1);
});
