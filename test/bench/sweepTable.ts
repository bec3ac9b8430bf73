import { mean } from "../../src/sweep/mean";
import { formatN } from "../../src/text/trialTitle";
import type { Figures, Trial } from "./contest";
import type { Measured } from "./Part";
import { DEPTHS, peakOf, RESTING, WHOLE } from "./parts/sweepPart";
import { type Spread, spread } from "./spread";

/** Where the README has it: see `betweenMarks`. */
export const SWEEP_MARK = "The sweep beside PyTorch";

/**
 * The sweep as the README has it, a line for each depth: accuracy, seconds and megabytes of the process, the latter two also as shares of
 * what freezing nothing takes; each beside PyTorch's in the same training, what is frozen in eval mode, where PyTorch was at hand.
 */
export function sweepTable(measured: Measured): string {
  const { [WHOLE]: whole, [RESTING]: resting } = measured;
  const sides = [
    { name: "kit", rounds: whole.kit, of: "kit" as const },
    ...(resting?.peer.length ? [{ name: "PyTorch", rounds: resting.peer, of: "peer" as const }] : []),
  ];
  const figures = sides.map(({ name, rounds, of }) => {
    const secondsOf = (n: number) => spread(trialsAt(rounds, n).map(({ seconds }) => seconds));
    const peak = (n: number) => measured[peakOf(n)]?.[of][0]?.peakRssBytes;
    const [base, basePeak] = [secondsOf(-1).median, peak(-1)];
    return {
      name,
      accuracy: (n: number) => accuracies(trialsAt(rounds, n)),
      s: (n: number) => `${cell(secondsOf(n))}, ${percent(secondsOf(n).median / base)}`,
      MB: (n: number) => (basePeak ? `${(peak(n)! / 1e6).toFixed(0)}, ${percent(peak(n)! / basePeak)}` : ""),
    };
  });
  const columns = (["accuracy", "s", "MB"] as const).flatMap((what) =>
    figures.map((side) => [side === figures[0] ? `${what}: ${side.name}` : side.name, side[what]] as const),
  );
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
