import { mean } from "../../src/sweep/mean";
import { formatN } from "../../src/sweep/record";
import type { Figures, Trial } from "./contest";
import type { Measured } from "./Part";
import { DEPTHS, peakOf, RESTING, WHOLE } from "./parts/sweepPart";
import { type Spread, spread } from "./spread";

/**
 * The sweep as the README has it, a line for each depth: accuracy, seconds and memory, and the latter two as shares of what freezing
 * nothing takes; beside them PyTorch in the same training, dropout at rest in what is frozen, where it was at hand.
 */
export function sweepTable(measured: Measured): string {
  const { [WHOLE]: whole, [RESTING]: resting } = measured;
  const sides = [
    { name: "kit", rounds: whole.kit, of: "kit" as const },
    ...(resting?.peer.length ? [{ name: "PyTorch", rounds: resting.peer, of: "peer" as const }] : []),
  ];
  const columns = sides.flatMap(({ name, rounds, of }) => {
    const secondsOf = (n: number) => spread(trialsAt(rounds, n).map(({ seconds }) => seconds));
    const peak = (n: number) => measured[peakOf(n)]?.[of][0]?.peakRssBytes;
    const [base, basePeak] = [secondsOf(-1).median, peak(-1)];
    return [
      [`${name}: accuracy`, (n: number) => accuracies(trialsAt(rounds, n))],
      [`${name}: s`, (n: number) => `${cell(secondsOf(n))}, ${percent(secondsOf(n).median / base)}`],
      [
        `${name}: MB`,
        (n: number) => (basePeak ? `${(peak(n)! / 1e6).toFixed(0)}, ${percent(peak(n)! / basePeak)}` : ""),
      ],
    ] as const;
  });
  const lines = [
    ["N", ...columns.map(([title]) => title)],
    ["---", ...columns.map(() => "---")],
    ...DEPTHS.map((n) => [formatN(n), ...columns.map(([, text]) => text(n))]),
  ];
  return `${lines.map((line) => `| ${line.join(" | ")} |`).join("\n")}\n`;
}

const trialsAt = (rounds: Figures[], n: number): Trial[] =>
  rounds.map(({ trials }) => trials!.find((trial) => trial.n === n)!);

/** The mean over the rounds, each a seed of its own, and their standard deviation. */
function accuracies(trials: Trial[]): string {
  const values = trials.map(({ accuracy }) => accuracy);
  const m = mean(values);
  if (values.length === 1) return m.toFixed(3);
  const sd = Math.sqrt(values.reduce((sum, x) => sum + (x - m) ** 2, 0) / (values.length - 1));
  return `${m.toFixed(3)} ± ${sd.toFixed(3)}`;
}

function cell({ median, least, greatest }: Spread): string {
  const digits = median < 9.95 ? 1 : 0;
  const [middle, from, to] = [median, least, greatest].map((x) => x.toFixed(digits));
  return from === to ? middle : `${middle} (${from} – ${to})`;
}

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;
