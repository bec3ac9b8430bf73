import type { Command } from "commander";
import { program } from "../../src/cli/program";
import { FLOAT_TYPES } from "../../src/options/floatType";
import { defaultOf, type Option, type OptionTable } from "../../src/options/Option";
import {
  augmentation,
  customHead,
  customMetric,
  imageTransform,
  OPTIONS,
  parameterGroup,
  poolingHead,
  recipes,
} from "../../src/options/table";

/** Objects that stand inside options, or beside them. */
const PARTS: [title: string, table: OptionTable][] = [
  ["parameterGroups of fineTune and freezeSweep", parameterGroup],
  ["metric of fineTune, and those of metrics, a function of one's own", customMetric],
  ["head of AutoModelForSequenceClassification.fromPretrained, of the usual parts", poolingHead],
  ["head of AutoModelForSequenceClassification.fromPretrained, a function of one's own", customHead],
  ["augment of encodeImages", augmentation],
  ["transform of encodeImages", imageTransform],
  ...Object.entries(recipes).map(([name, table]): [string, OptionTable] => [
    `strategies of freezeSweep: ${name}`,
    table,
  ]),
];

/** docs/options.md, made from the table of options and the commands. */
export function optionsPage(): string {
  const sharing = new Map<string, string[]>();
  for (const [owner, table] of Object.entries(OPTIONS)) {
    const rows = tableOf(table);
    if (rows !== "") sharing.set(rows, [...(sharing.get(rows) ?? []), owner]);
  }
  const functions = [...sharing].map(([rows, owners]) => `### ${owners.join(", ")}\n\n${rows}`);
  const parts = PARTS.map(([title, table]) => `### ${title}\n\n${tableOf(table)}`);
  const commands = program()
    .commands.filter((command) => command.options.length > 0)
    .map((command) => `### frostkit ${command.name()}\n\n${flagsOf(command)}`);
  return `${[
    "# Options",
    "<!-- Made from src/options/table.ts by `node --import tsx test/options/refresh.ts`; a test compares. -->",
    HEAD,
    "## Functions",
    ...functions,
    "## Objects inside options",
    ...parts,
    "## Commands",
    "`frostkit <command> --help` says the same.",
    ...commands,
  ].join("\n\n")}\n`;
}

const HEAD = `Every function refuses an option that it does not know, before it computes or writes anything, and names the near one:

\`\`\`text
fineTune: unknown option learning_rate; did you mean learningRate?
\`\`\`

An option that is \`undefined\` counts as left out; \`null\` is refused.

The same word means the same thing everywhere:

* \`seed\` starts every random draw of the function, and is 0 where it is left out.
* \`precision\` (of matrix products) and \`dtype\` (of stored weights) are ${FLOAT_TYPES.map((type) => `\`${type}\``).join(", ")}; the
  spellings of PyTorch and safetensors (\`float32\`, \`bfloat16\`, \`float16\`, \`F32\`, \`BF16\`, \`F16\`) are read as these.
* \`maxLength\` is the limit of tokens a text, special tokens counted; \`--max-length\` in the shell.
* \`classes\` are names, in the order of the logits, and say how many there are; \`numLabels\` is the number alone, for classes
  without names. Give one of them. A model that is loaded for labelled rows is given \`classes: train.labels.classes\`.
* \`signal\` stops between two steps, \`onProgress\` is told how far the work is, \`log\` takes lines for people.`;

function tableOf(table: OptionTable): string {
  const rows = Object.entries(table).map(([name, entry]) => [
    `\`${name}\``,
    entry.kind.expected,
    entry.required ? "required" : (defaultOf(entry) ?? ""),
    flagOf(entry),
    entry.says,
  ]);
  if (rows.length === 0) return "";
  return markdown([["option", "expected", "default", "in the shell", "meaning"], ...rows]);
}

const flagOf = ({ flag }: Option): string => (flag ? `\`${flag}\`` : "");

function flagsOf(command: Command): string {
  const rows = command.options.map((option) => [
    `\`${option.flags}\``,
    option.mandatory ? "required" : defaultText(option.defaultValueDescription ?? option.defaultValue),
    [option.description, option.argChoices && `One of ${option.argChoices.join(", ")}.`]
      .filter(Boolean)
      .join("; "),
  ]);
  return markdown([["flag", "default", "meaning"], ...rows]);
}

const defaultText = (value: unknown): string =>
  value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);

function markdown([header, ...rows]: string[][]): string {
  const line = (cells: string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("<", "&lt;")).join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}
