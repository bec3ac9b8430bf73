import { Command } from "commander";
import { InputError } from "../errors";
import { version } from "../version";
import { demoCommand } from "./commands/demo";
import { doctorCommand } from "./commands/doctor";
import { exportCommand } from "./commands/export";
import { finetuneCommand } from "./commands/finetune";
import { listCommand } from "./commands/list";
import { nativeCommand } from "./commands/native";
import { notebookCommand } from "./commands/notebook";
import { packCommand } from "./commands/pack";
import { predictCommand } from "./commands/predict";
import { reportCommand } from "./commands/report";
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
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({ writeErr: () => {} });
  const required = new Map(program.commands.map((command) => [command, takeRequired(command)]));
  program.hook("preAction", (_, command) => {
    for (const { attributeName, flags } of required.get(command) ?? [])
      if (command.getOptionValue(attributeName) === undefined)
        command.error(`error: required option '${flags}' not specified`);
    refuseEmpty(command);
  });
  return program.addHelpText(
    "after",
    `
Examples:
  frostkit demo
  frostkit sweep --model bert-base-uncased --train train.csv --n 0..12 --seeds 0,1,2
  frostkit finetune --model bert-base-uncased --train train.csv --freeze 8 --save runs/model
  frostkit predict --model runs/model --data test.csv --out submission.csv
  frostkit export --model runs/model --out runs/onnx

Exit codes: 0 done; 2 wrong use or bad input; 130 stopped by Ctrl-C; 1 anything else.
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

/** An empty path is what an unset variable of the shell leaves, and would be taken for the folder one stands in. */
function refuseEmpty(command: Command): void {
  const given = [
    ...command.options.map((option) => [option.long, command.getOptionValue(option.attributeName())]),
    ...command.registeredArguments.map((argument, i) => [`<${argument.name()}>`, command.processedArgs[i]]),
  ];
  for (const [name, value] of given)
    if (typeof value === "string" && value.trim() === "")
      throw new InputError(`${name}: expected something, got nothing; is a variable of the shell unset?`);
}
