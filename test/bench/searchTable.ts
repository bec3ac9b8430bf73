import { formatRate } from "../../src/text/numbers";
import { formatN } from "../../src/text/trialTitle";
import type { Choice, SearchVerdict } from "./judgeSearch";
import type { Measured } from "./Part";
import { verdictsOf } from "./parts/searchPart";

/** Searches case by case beside the grid, and by name those that do not agree with it. */
export function searchTable(measured: Measured): string[] {
  const verdicts = verdictsOf(measured);
  if (verdicts.length === 0) return [];
  const wrong = verdicts.filter(([, { agrees }]) => !agrees).map(([name]) => name);
  return [
    "Searches beside the whole grid: the choice of both, search less grid in accuracy [95 %], the search's regret in standard errors, and its time over " +
      "that of a fine-tuning with nothing frozen, of the sweep of one rate and of the grid, both of one seed:",
    "",
    "| | seeds | search | grid | difference | regret | agrees | time | of the sweep | of the grid |",
    "|---|---|---|---|---|---|---|---|---|---|",
    ...verdicts.map(caseLine),
    "",
    wrong.length === 0 ? "All agree." : `Where the search was wrong: ${wrong.join("; ")}.`,
    "",
  ];
}

function caseLine([name, verdict]: [string, SearchVerdict]): string {
  const { search, grid, seeds, difference, regret, agrees, time } = verdict;
  const shares = [time.none, time.sweep, time.grid].map((share) => share.toFixed(2));
  const cells = [name, seeds, choice(search), choice(grid), differenceText(difference), regret.toFixed(2)];
  return `| ${[...cells, agrees ? "yes" : "no", ...shares].join(" | ")} |`;
}

const choice = ({ n, learningRate }: Choice): string =>
  `${formatN(n)}${learningRate === null ? "" : ` at ${formatRate(learningRate)}`}`;

function differenceText(difference: SearchVerdict["difference"]): string {
  if (difference === null) return "the same";
  const [mean, low, high] = [difference.mean, difference.low, difference.high].map((x) => x.toFixed(4));
  return `${mean} [${low}, ${high}]`;
}
