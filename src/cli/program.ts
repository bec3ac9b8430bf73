import { Command, type Option } from "commander";
import { InputError } from "../errors";
import { version } from "../version";
import { demoCommand } from "./commands/demo";
import { doctorCommand } from "./commands/doctor";
import { exportCommand } from "./commands/export";
import { findLrCommand } from "./commands/findLr";
import { finetuneCommand } from "./commands/finetune";
import { listCommand } from "./commands/list";
import { nativeCommand } from "./commands/native";
import { notebookCommand } from "./commands/notebook";
import { packCommand } from "./commands/pack";
import { predictCommand } from "./commands/predict";
import { probeCommand } from "./commands/probe";
import { reportCommand } from "./commands/report";
import { searchCommand } from "./commands/search";
import { sweepCommand } from "./commands/sweep";

/** The command line. Wrong use throws commander's error, and nothing is printed of it. */
export function program(): Command {
  const program = new Command("frostkit")
    .description(
      "Freezes a pretrained transformer layer by layer, fine-tunes the rest and shows what each depth costs and brings.",
    )
    .version(version)
    .enablePositionalOptions();
  for (const command of [
    demoCommand(),
    listCommand(),
    probeCommand(),
    findLrCommand(),
    searchCommand(),
    sweepCommand(),
    finetuneCommand(),
    predictCommand(),
    exportCommand(),
    reportCommand(),
    notebookCommand(),
    doctorCommand(),
    nativeCommand(),
    packCommand(),
  ])
    program.addCommand(command);
  for (const command of program.commands)
    for (const option of command.options)
      if (option.required || option.optional) refuseUnset(option, command);
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({ writeErr: () => {} });
  const required = new Map(program.commands.map((command) => [command, takeRequired(command)]));
  program.hook("preAction", (_, command) => {
    for (const { attributeName, flags } of required.get(command) ?? [])
      if (command.getOptionValue(attributeName) === undefined)
        command.error(`error: required option '${flags}' not specified`);
    for (const [i, argument] of command.registeredArguments.entries())
      checkNotEmpty(`<${argument.name()}>`, command.processedArgs[i]);
  });
  return program.addHelpText(
    "after",
    `
Examples:
  frostkit demo
  frostkit search --model bert-base-uncased --train train.csv
  frostkit sweep --model bert-base-uncased --train train.csv --n 0..12 --seeds 0,1,2
  frostkit finetune --model bert-base-uncased --train train.csv --freeze 8 --save runs/model
  frostkit predict --model runs/model --data test.csv --out submission.csv
  frostkit export --model runs/model --out runs/onnx

Exit codes: 0 done; 2 wrong use or bad input; 130 stopped by Ctrl-C; 143 by SIGTERM; 124 by --max-minutes;
1 anything else.
FROSTKIT_DEBUG=1 adds the stack to an error. Models from the Hub are kept in HF_HOME.`,
  );
}

/**
 * The options that a command cannot do without, which are then asked for once all others are known: commander would miss `--model`
 * before it sees that `--mdoel` is none.
 */
function takeRequired(command: Command): { attributeName: string; flags: string }[] {
  const required = command.options.filter(({ mandatory }) => mandatory);
  for (const option of required) option.mandatory = false;
  return required.map((option) => ({ attributeName: option.attributeName(), flags: option.flags }));
}

/**
 * Has an option refuse what an unset variable of the shell leaves, before its own parser sees it: in quotes an empty value, or one with an
 * empty name in it, and without quotes the next option in the value's place. An empty path would be taken for the folder one stands in.
 */
function refuseUnset(option: Option, command: Command): void {
  const name = option.long!;
  const { parseArg } = option;
  // What commander stores where there is no parser.
  option.argParser<unknown>((text, before) => {
    checkNotEmpty(name, text);
    const flag = text.split("=")[0];
    if (command.options.some(({ short, long }) => flag === short || flag === long))
      throw new InputError(
        `${name}: expected a value, got the option ${text}; is a variable of the shell unset?`,
      );
    return parseArg ? parseArg(text, before) : text;
  });
}

function checkNotEmpty(name: string, value: unknown): void {
  if (typeof value === "string" && value.trim() === "")
    throw new InputError(`${name}: expected something, got nothing; is a variable of the shell unset?`);
}
