import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { program } from "../../src/cli/program";
import { frostkit } from "./frostkit";

const commands = [
  ...["demo", "list", "probe", "find-lr", "sweep", "finetune", "predict", "export", "report"],
  ...["notebook", "doctor", "native", "pack"],
];

/** Wrong use: exit code 2, nothing on stdout and this on stderr. */
async function refuses(args: string[], line: RegExp) {
  const { code, stdout, stderr } = await frostkit(...args);
  assert.equal(code, 2, stderr);
  assert.equal(stdout, "");
  assert.match(stderr, /^[^\n]+\n$/, "one line");
  assert.match(stderr, line);
}

test("--help shows every command with an example of each step, and --version the package's version", async () => {
  const help = await frostkit("--help");
  assert.equal(help.code, 0);
  assert.equal(help.stderr, "");
  for (const name of commands) assert.match(help.stdout, new RegExp(`^ {2}${name} `, "m"));
  assert.match(help.stdout, /frostkit predict --model runs\/model --data test\.csv --out submission\.csv/);
  assert.match(help.stdout, /Exit codes: 0 done; 2 wrong use or bad input/);
  const { version } = JSON.parse(readFileSync(join(__dirname, "..", "..", "package.json"), "utf8"));
  assert.deepEqual(await frostkit("--version"), { code: 0, stdout: `${version}\n`, stderr: "" });
});

for (const name of commands)
  test(`frostkit ${name} --help says what it does, with examples`, async () => {
    const { code, stdout, stderr } = await frostkit(name, "--help");
    assert.equal(code, 0);
    assert.equal(stderr, "");
    assert.match(stdout, new RegExp(`^Usage: frostkit ${name} `));
    assert.match(stdout, new RegExp(`Examples:\n {2}frostkit ${name}`));
    assert.ok(stdout.split("\n").every((line) => !line.includes("undefined")));
  });

test("The help of sweep shows the defaults it trains with", async () => {
  const { stdout } = await frostkit("help", "sweep");
  for (const text of [
    /--epochs <count>[\s\S]*?\(default: 2\)/,
    /--lr, --learning-rate <rates?>[\s\S]*?\(default: 5e-5\)/,
    /--seeds <list>[\s\S]*?\(default: 0\)/,
  ])
    assert.match(stdout, text);
});

test("Wrong use is one line that says what is wrong and where help is", async () => {
  await refuses([], /^frostkit: expected a command; see frostkit --help$/m);
  await refuses(
    ["swep"],
    /^frostkit: unknown command 'swep' \(Did you mean sweep\?\); see frostkit --help$/m,
  );
  await refuses(
    ["sweep"],
    /^frostkit sweep: required option '--model <dir>' not specified; see frostkit sweep --help$/m,
  );
  await refuses(
    ["doctor", "--fast"],
    /^frostkit doctor: unknown option '--fast'; see frostkit doctor --help$/m,
  );
  await refuses(
    ["report"],
    /^frostkit report: missing required argument 'dir'; see frostkit report --help$/m,
  );
});

test("A misspelt option is told before one that is missing, with the name that was probably meant", async () => {
  for (const [args, said] of [
    [["list", "--mdoel", "x"], "unknown option '--mdoel' (Did you mean --model?)"],
    [["sweep", "--model", "m", "--trian", "t.csv"], "unknown option '--trian' (Did you mean --train?)"],
    [["predict", "--modle", "m", "--data", "t.csv"], "unknown option '--modle' (Did you mean --model?)"],
    [["export", "--model", "m", "--otu", "x"], "unknown option '--otu' (Did you mean --out?)"],
    [["predict", "--model", "m"], "required option '--data <paths>' not specified"],
  ] as [string[], string][])
    assert.deepEqual(await frostkit(...args), {
      ...{ code: 2, stdout: "" },
      stderr: `frostkit ${args[0]}: ${said}; see frostkit ${args[0]} --help\n`,
    });
});

test("A value that does not fit its option is wrong use", async () => {
  const sweep = ["sweep", "--model", "m", "--train", "t.csv"];
  await refuses(
    [...sweep, "--n", "6..0"],
    /'--n <depths>' argument '6\.\.0' is invalid\. Expected whole numbers/,
  );
  await refuses(
    [...sweep, "--epochs", "0"],
    /'--epochs <count>' argument '0' is invalid\. Expected a whole number/,
  );
  await refuses(
    [...sweep, "--precision", "fp8"],
    /argument 'fp8' is invalid\. Expected one of fp32, bf16, fp16 /,
  );
  await refuses([...sweep, "--engine", "gpu"], /Allowed choices are auto, tensorflow, .*onnxruntime, cpu;/);
  await refuses([...sweep, "--class-weights", "1,x"], /'--class-weights <list>' argument '1,x' is invalid/);
});

test("An option or an argument that is empty, as an unset variable leaves it, is refused by name", async () => {
  for (const [args, name] of [
    [["report", ""], "<dir>"],
    [["pack", " "], "<dir>"],
    [["finetune", "--model", "m", "--train", ""], "--train"],
    [["finetune", "--model", "m", "--train", "t.csv", "--save", ""], "--save"],
    [["predict", "--model", "m", "--data", "t.csv", "--out", "o.csv", "--label", ""], "--label"],
    [["predict", "--model", "m", "--data", "t.csv", "--out", ""], "--out"],
    [["export", "--model", "m", "--out", ""], "--out"],
    [["sweep", "--model", "", "--train", "t.csv"], "--model"],
  ] as const)
    await refuses(
      [...args],
      new RegExp(`^frostkit \\w+: ${name}: expected something, got nothing; is a variable`),
    );
});

test("Every option that takes a value refuses an empty one and another option in its place, whatever reads it", async () => {
  let tried = 0;
  for (const command of program().commands)
    for (const { long, required } of command.options) {
      if (!required) continue;
      tried++;
      const parse = (...args: string[]) => program().parseAsync([command.name(), ...args], { from: "user" });
      for (const args of [[long!, ""], [long!, " "], [`${long}=`]])
        await assert.rejects(parse(...args), {
          name: "InputError",
          message: `${long}: expected something, got nothing; is a variable of the shell unset?`,
        });
      await assert.rejects(parse(long!, long!), {
        name: "InputError",
        message: `${long}: expected a value, got the option ${long}; is a variable of the shell unset?`,
      });
    }
  assert.ok(tried > 50, `${tried}`);
  await refuses(
    ["finetune", "--model", "m", "--train", "t.csv", "--augment", ""],
    /: --augment: expected something/,
  );
  await refuses(
    ["finetune", "--model", "m", "--train", "t.csv", "--save", "--frozen-dropout"],
    /^frostkit finetune: --save: expected a value, got the option --frozen-dropout; is a variable/,
  );
  await refuses(
    ["sweep", "--model", "m", "--train", "t.csv", "--label", "a,"],
    /'--label <columns>' argument 'a,' is invalid\. Expected names joined by commas, got an empty one among them/,
  );
});
