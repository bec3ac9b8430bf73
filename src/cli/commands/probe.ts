import { Command } from "commander";
import { InputError } from "../../errors";
import { OPTIONS } from "../../options/table";
import { type ProbedDepth, probeDepths } from "../../probe/probeDepths";
import { alignTable } from "../../text/alignTable";
import { metricLabel } from "../../text/metricLabel";
import { formatScore } from "../../text/numbers";
import { withBar } from "../Board";
import { interruptSignal } from "../interrupt";
import { loadInputs } from "../loadInputs";
import { addDataOptions, addEngineOption, type DataFlags } from "../options";
import { print, printJson } from "../print";
import { isFolder } from "../Rows";
import { tableFlag } from "../tableFlag";

interface ProbeFlags extends DataFlags {
  batchSize: number;
  json?: true;
}

export function probeCommand(): Command {
  const command = addDataOptions(new Command("probe"))
    .summary("what the pretrained hidden states of each depth tell of the labels, without training")
    .description(
      "Shows, in one forward over the rows and without training, how much the pretrained hidden states after each N blocks " +
        "tell of the labels: the score of a linear probe of them, LogME and hidden state variability. It is evidence on the checkpoint, no promise of what " +
        "fine-tuning gives; a sweep measures that. Texts alone.",
    )
    .optionsGroup("Output:")
    .option("--json", "print one depth a line to stdout")
    .addOption(tableFlag(OPTIONS.probeDepths.batchSize));
  return addEngineOption(command)
    .addHelpText(
      "after",
      `
Examples:
  frostkit probe --model data/all-MiniLM-L6-v2 --train train.csv
  frostkit probe --model bert-base-uncased --train train.csv --valid valid.csv --head mean --json > probe.jsonl`,
    )
    .action(probe);
}

async function probe(flags: ProbeFlags, command: Command): Promise<void> {
  if (isFolder(flags.train))
    throw new InputError(
      `--train: expected a table, since probe reads texts alone, got the folder ${flags.train[0]}`,
    );
  const signal = interruptSignal();
  const { model, train, valid } = await loadInputs({ ...flags, precision: "fp32" }, command, {
    seed: 0,
    signal,
    prepare() {
      if (flags.valid === undefined && flags.validFraction === 0)
        throw new InputError(
          "--valid-fraction: expected a share above 0, or --valid rows to compare depths by",
        );
    },
  });
  const depths = await withBar("probing", (bar) =>
    probeDepths(
      model,
      { train, valid: valid! },
      {
        batchSize: flags.batchSize,
        signal,
        onProgress: (done, total) => bar.count(done, total, "rows"),
      },
    ),
  );
  if (flags.json) printJson(...depths);
  else print(table(depths));
}

function table(depths: ProbedDepth[]): string {
  const [{ metric }] = depths;
  const ofClasses = depths.some(({ variability }) => variability !== null);
  const header = [
    "N",
    `${metricLabel(metric)} of a linear probe`,
    "LogME",
    ...(ofClasses ? ["variability"] : []),
  ];
  const rows = depths.map(({ n, score, logMe, variability }) => [
    String(n),
    formatScore(score),
    formatScore(logMe),
    ...(ofClasses ? [variability === null ? "–" : formatScore(variability)] : []),
  ]);
  return [
    alignTable(
      [header, ...rows],
      header.map((_, column) => column),
    ),
    "",
    "What the pretrained hidden states after N blocks tell of the labels, without training: no promise of what fine-tuning with N",
    "blocks frozen gives, which frostkit sweep measures. The probe is judged on the validation rows; the higher LogME, the better a",
    "linear model explains the training rows.",
    ...(ofClasses
      ? ["The lower the variability (within classes, beside that between them), the further apart these are."]
      : []),
  ].join("\n");
}
