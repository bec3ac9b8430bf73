import type { Calls } from "../../../src/engine/watchCalls";
import { formatN } from "../../../src/text/trialTitle";
import type { Figures, Rounds, Task } from "../contest";
import type { Measured, Part } from "../Part";
import { row } from "../row";
import { median } from "../spread";
import { BASE } from "./stepsPart";

const DEPTHS = [0, 3];

/** Ten steps of 128 tokens a row, and one of fewer, which this seed puts in their midst. */
const STEPS = { steps: 11, otherTokens: 96, seed: 6 };

/**
 * As many blocks, and so as many operations, but narrow: what JavaScript does for a step is seen without the seconds that a CPU computes, which
 * leave none of it in the processor's caches, and after as many steps as V8 takes to compile it.
 */
const NARROW = { ...BASE, hidden: 64 };
const LONG = { steps: 41, otherTokens: 96, seed: 6 };
const NARROW_NAME = `${NARROW.layers} blocks of ${NARROW.hidden}`;

/** Steps that make functions: the first two, and that of another length. */
const steady = ({ dispatched }: Figures) =>
  dispatched!.asked.map((_, i) => i).filter((i) => i >= 2 && i !== dispatched!.other);

const perStep = (name: keyof Calls) => (figures: Figures) =>
  median(steady(figures).map((i) => figures.dispatched!.asked[i][name]));

const seconds = (figures: Figures) => median(steady(figures).map((i) => figures.seconds![i]));

/** Milliseconds of a step that are not spent in calls. */
const outside = (figures: Figures) => median(outsideOf(figures, steady(figures)));

/** The same of the second half of the steps. */
const outsideWarm = (figures: Figures) => {
  const steps = steady(figures);
  return median(outsideOf(figures, steps.slice(steps.length >> 1)));
};

const outsideOf = ({ seconds, dispatched }: Figures, steps: number[]) =>
  steps.map((i) => 1000 * seconds![i] - dispatched!.asked[i].inside);

const first = ({ seconds }: Figures) => seconds![0];
const other = ({ seconds, dispatched }: Figures) => seconds![dispatched!.other];
const megabytes = ({ peakRssBytes }: Figures) => peakRssBytes! / 1e6;

/** One round: a step as functions, and op by op. */
interface Pair {
  functions: Figures;
  opByOp: Figures;
}

/** Of the losses of all steps and the probabilities after them, each to its own size. */
function difference({ functions, opByOp }: Pair): number {
  const of = ({ dispatched }: Figures) => [...dispatched!.losses, ...dispatched!.probabilities];
  const expected = of(opByOp);
  return Math.max(...of(functions).map((x, i) => Math.abs(x - expected[i]) / Math.abs(expected[i])));
}

const pairsOf = ({ functions = [], opByOp = [] }: Rounds): Pair[] =>
  functions.map((each, round) => ({ functions: each, opByOp: opByOp[round] }));

/** How long functions may take to make. */
const making = (opByOp: Figures) => 0.5 * seconds(opByOp) + 1;

/** What a step asks of TensorFlow where a CPU stands for a GPU: as functions, and op by op. */
export const dispatchPart: Part = {
  about:
    "BERT-base size with random weights, 8 rows of 128 tokens, TensorFlow as it would compute on a GPU (FROSTKIT_AS_GPU=1), on this CPU: a step " +
    "as functions and op by op in turns, medians of the last 8 of 10 steps. One more batch has rows of 96 tokens. Time outside TensorFlow is " +
    "that of a step less that of its calls. A first step makes functions, for which half a step op by op and a second are allowed; where " +
    "blocks are frozen it also computes the features of all rows. Memory is the most resident memory of the same processes. The largest " +
    "difference is that of losses, and of probabilities after them, each to its own size. Blocks of 64 take as many operations in next to no " +
    "time: of 40 such steps the second half tells what JavaScript takes once it is compiled.",
  async measure(bench) {
    const measured: Measured = {};
    for (const n of DEPTHS) {
      const { rows: batchSize, tokens } = BASE;
      const model = bench.checkpoint(BASE);
      const task: Task = { kind: "dispatch", model, n: [n], batchSize, tokens, ...STEPS };
      const name = `N = ${formatN(n)}`;
      measured[name] = await bench.contest(name, () => task, { sides: ["functions", "opByOp"] });
    }
    const { rows: batchSize, tokens } = NARROW;
    const task: Task = {
      kind: "dispatch",
      model: bench.checkpoint(NARROW),
      n: [0],
      batchSize,
      tokens,
      ...LONG,
    };
    measured[NARROW_NAME] = await bench.contest(NARROW_NAME, () => task, { sides: ["functions", "opByOp"] });
    return measured;
  },
  rows: (measured) =>
    Object.entries(measured).flatMap(([name, rounds]) => {
      const { functions = [], opByOp = [] } = rounds;
      const pairs = pairsOf(rounds);
      const own = (what: string, value: (figures: Figures) => number, kitAtMost?: number) =>
        row(`${what}, ${name}`, { kit: functions, peer: [] }, value, maybe(kitAtMost));
      if (name === NARROW_NAME)
        return [
          own("a step outside TensorFlow, ms", outsideWarm),
          row(`a step outside TensorFlow, ms, op by op, ${name}`, { kit: opByOp, peer: [] }, outsideWarm),
        ];
      const others = (what: string, value: (figures: Figures) => number) =>
        row(`${what}, op by op, ${name}`, { kit: opByOp, peer: [] }, value);
      const both = (what: string, value: (pair: Pair) => number, kitAtMost: number) =>
        row(`${what}, ${name}`, { kit: pairs, peer: [] }, value, { kitAtMost });
      const against = (what: string, value: (figures: Figures) => number, kitAtMost: number) =>
        both(what, (pair) => value(pair.functions) / value(pair.opByOp), kitAtMost);
      const within = (
        what: string,
        value: (figures: Figures) => number,
        known: (figures: Figures) => number,
      ) => both(what, ({ functions, opByOp }) => value(functions) / (known(opByOp) + making(opByOp)), 1);
      return [
        own("calls of a step into TensorFlow", perStep("calls"), 10),
        own("arrays of JavaScript that it hands over", perStep("uploads"), 12),
        own("readings of a step", perStep("readings"), 1),
        own("a step outside TensorFlow, ms", outside, 3),
        within("the first step over that op by op, half a step and a second", first, first),
        within("the first step of another length over 1.5 steps op by op and a second", other, seconds),
        both("largest relative difference", difference, 1e-5),
        against("a step over one op by op", seconds, 0.6),
        against("peak memory over that op by op", megabytes, 1),
        own("a step as functions, s", seconds),
        others("a step, s", seconds),
        own("the first step, s", first),
        own("the first step of another length, s", other),
        others("calls of a step", perStep("calls")),
        others("arrays of JavaScript of a step", perStep("uploads")),
        others("a step outside TensorFlow, ms", outside),
        own("peak memory as functions, MB", megabytes),
        others("peak memory, MB", megabytes),
      ];
    }),
};

const maybe = (kitAtMost?: number) => (kitAtMost === undefined ? null : { kitAtMost });
