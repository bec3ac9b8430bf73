import * as tf from "@tensorflow/tfjs-core";
import { firstNotFinite } from "../check";
import { batchRows } from "../data/batches";
import { labelTargets } from "../data/labelTargets";
import type { LabelledRows } from "../data/Rows";
import { autocast, type Precision } from "../engine/autocast";
import { uploadFilled } from "../engine/upload";
import { FrostError } from "../errors";
import { fittedValues } from "../fit/fittedValues";
import { sigmoidScale, softmaxScale } from "../fit/logitScale";
import { Moments } from "../fit/Moments";
import { type Ridge, ridge } from "../fit/ridge";
import type { Classifier } from "../models/Classifier";
import { Pass } from "../nn/Pass";
import { runStages } from "../nn/runStages";
import { classWeightsOf } from "./classWeightsOf";
import type { FineTuneSettings } from "./FineTuneOptions";
import { FROM_ROWS, type Start } from "./forwardRows";
import { nextTurn } from "./nextTurn";
import { type Budget, RaggedStore } from "./RaggedStore";

type Settings = Pick<FineTuneSettings, "batchSize" | "precision" | "classWeights" | "labelSmoothing">;

/** What the last layer starts with. */
interface Solution {
  /** [out, in] */
  weight: Float32Array;
  /** [out] */
  bias: Float32Array;
}

/** Rows that are fitted at a time. */
const CHUNK = 512;

/**
 * Gives the last layer of a model's head the solution of a linear problem on what it reads of the rows to train on, for linear probing
 * before fine-tuning (Kumar et al., ICLR 2022): a ridge regression onto classes and labels as 0 and 1, or onto the values, its strength by
 * generalised cross-validation, and at least as strong as the head's dropout asks for. What it says of the classes is scaled to the logits of least cross-entropy, as judged by what it would
 * say of each row if it had not seen that one; so training starts calibrated.
 *
 * The pooled rows that it takes, one forward of the model as it stands, are those of all depths: they are computed once, and again only
 * when weights below the head have changed. Owns them until `dispose()`.
 */
export class HeadProbe {
  #store: RaggedStore | null = null;
  #width = 0;
  #pooledFor: string | null = null;
  #solved: { key: string; solution: Solution } | null = null;

  constructor(
    private readonly model: Classifier,
    private readonly budget: Budget,
  ) {}

  /** Bytes of the pooled rows, in memory and on disk. */
  get bytes(): { memory: number; disk: number } {
    return this.#store?.bytes ?? { memory: 0, disk: 0 };
  }

  /**
   * Computes what is missing and assigns it. Yields how many rows have gone through the model, and nothing where all is there; whoever
   * leaves it finds the head as it was. The rows are those of `start`'s features.
   */
  async *begin(rows: LabelledRows, start: Start, settings: Settings): AsyncGenerator<number, void> {
    const key = this.#keyOfPooled(rows, settings);
    if (this.#pooledFor !== key) yield* this.#pool(rows, start, settings, key);
    const solution = await this.#solution(rows, settings);
    const { weight, bias } = this.#last.layer;
    weight.assign(tf.tensor(solution.weight.slice(), weight.shape));
    bias.assign(tf.tensor(solution.bias.slice(), bias.shape));
  }

  dispose(): void {
    this.#store?.dispose();
    this.#store = null;
    this.#pooledFor = null;
    this.#solved = null;
  }

  get #head() {
    return this.model.stages.at(-1)!;
  }

  get #last() {
    return this.#head.lastLayer!;
  }

  #keyOfPooled(rows: LabelledRows, { batchSize, precision }: Settings): string {
    const below = this.model.stages
      .slice(0, -1)
      .flatMap(({ parameters, buffers = [] }) => [...parameters, ...buffers]);
    const read = new Set([...below, ...(this.#head.norm?.parameters ?? [])]);
    return JSON.stringify([rows.contentHash(), batchSize, precision, Array.from(read, ({ stamp }) => stamp)]);
  }

  /** Runs the rows through all stages below the head and pools them. */
  async *#pool(
    rows: LabelledRows,
    start: Start,
    { batchSize, precision }: Settings,
    key: string,
  ): AsyncGenerator<number, void> {
    this.dispose();
    const { stages } = this.model;
    // In half precision cached features are rounded, and the head would start from other numbers at each depth.
    const { from, features } = precision === "fp32" && !rows.varies ? start : FROM_ROWS;
    const store = new RaggedStore(this.budget);
    let done = 0;
    let whole = false;
    try {
      // The batches of features that are cached, so that the numbers are the same whether they start from those or from the rows.
      for (const numbers of batchRows(rows.lengths, { batchSize })) {
        const batch = rows.batch(numbers);
        const inputs = this.model.inputsOf(batch);
        const pass = new Pass();
        const pooled = autocast(precision, () =>
          runStages(pass, stages, inputs, {
            ...(features && {
              from,
              features: () => features.batch(rows.dataset, numbers, batch.sequenceLength),
            }),
            to: stages.length - 1,
            finish: (x) => this.#last.pool(pass, inputs, x),
          }),
        ).tensor;
        const values = (await pooled.data()) as Float32Array;
        pooled.dispose();
        this.#width = pooled.shape[1]!;
        numbers.forEach((row, r) => {
          store.put(row, values.subarray(r * this.#width, (r + 1) * this.#width));
        });
        done += numbers.length;
        yield done;
        await nextTurn();
      }
      whole = true;
    } finally {
      if (!whole) store.dispose();
    }
    this.#store = store;
    this.#pooledFor = key;
  }

  /** Once for all trials, unless what lies between pooled rows and last layer is drawn anew. */
  async #solution(rows: LabelledRows, settings: Settings): Promise<Solution> {
    const { layer } = this.#last;
    const between = this.#head.parameters.filter((each) => each !== layer.weight && each !== layer.bias);
    const stamps = between.map(({ stamp }) => stamp);
    const { classWeights, labelSmoothing } = settings;
    const key = JSON.stringify([this.#pooledFor, stamps, classWeights, labelSmoothing]);
    if (this.#solved?.key !== key) this.#solved = { key, solution: await this.#solve(rows, settings) };
    return this.#solved.solution;
  }

  async #solve(rows: LabelledRows, settings: Settings): Promise<Solution> {
    const { labels, count } = rows;
    const outputs = this.model.numLabels;
    let moments: Moments | null = null;
    for await (const { numbers, features } of this.#features(count, settings.precision)) {
      moments ??= new Moments(features.length / numbers.length, outputs);
      moments.add(features, labelTargets(labels, numbers));
    }
    const fit = ridge(moments!, this.#last.noise);
    if (labels.problemType === "regression") return solutionOf(fit, 1, 0, new Array(outputs).fill(0));
    // What the fit would say of each row if it had not learnt from it, all rows weighing the same on their own fit, as in the generalised
    // cross-validation.
    const apart = fit.freedom < count ? count / (count - fit.freedom) : 1;
    const values = new Float32Array(count * outputs);
    for await (const { numbers, features } of this.#features(count, settings.precision)) {
      const targets = labelTargets(labels, numbers);
      fittedValues(fit, features).forEach((value, i) => {
        values[numbers[0] * outputs + i] = targets[i] - apart * (targets[i] - value);
      });
    }
    const weights = classWeightsOf(labels, settings.classWeights);
    // As if one row more were of all classes alike: without it, rows that are told apart without an error call for endless logits.
    const smoothing = 1 - ((1 - settings.labelSmoothing) * count) / (count + 1);
    const all = Int32Array.from({ length: count }, (_, row) => row);
    const targets = labelTargets(labels, all);
    if (labels.problemType === "multi_label_classification") {
      // A label is as likely as not where the fit says one half.
      const middle = 0.5;
      const scale = sigmoidScale(
        values.map((value) => value - middle),
        targets.map((target) => target * (1 - smoothing) + smoothing / 2),
      );
      return solutionOf(fit, scale, middle, new Array(outputs).fill(0));
    }
    const shifts = weights.map((weight) => Math.log(weight || 1));
    const scale = softmaxScale(
      values,
      targets.map((_, i) => {
        const c = i % outputs;
        const id = labels.ids[(i - c) / outputs];
        return weights[c] * (smoothing / outputs) + (c === id ? weights[id] * (1 - smoothing) : 0);
      }),
      shifts,
    );
    return solutionOf(fit, scale, 0, shifts);
  }

  /** What the last layer reads of the rows, some at a time. */
  async *#features(count: number, precision: Precision) {
    for (let start = 0; start < count; start += CHUNK) {
      const numbers = Int32Array.from({ length: Math.min(CHUNK, count - start) }, (_, i) => start + i);
      const pooled = uploadFilled([numbers.length, this.#width], (values) => {
        numbers.forEach((row, r) => {
          this.#store!.read(row, values, r * this.#width);
        });
      });
      const pass = new Pass();
      const reads = this.#last.reads ?? ((_: Pass, pooled) => pooled);
      const read = autocast(precision, () =>
        pass.scope(this.#head.name, () => reads(pass, pass.input(pooled))),
      ).tensor;
      const features = (await read.data()) as Float32Array;
      tf.dispose([pooled, read]);
      const at = firstNotFinite(features);
      if (at >= 0)
        throw new FrostError(
          `headInit: expected finite numbers in front of the head's last layer, got ${features[at]} in row ${numbers[Math.floor((at * numbers.length) / features.length)]}; look at the model's weights and this row`,
        );
      yield { numbers, features };
      await nextTurn();
    }
  }
}

/** The layer whose logits are `scale · (fitted - middle) + shift`. */
function solutionOf({ weights, bias }: Ridge, scale: number, middle: number, shifts: number[]): Solution {
  const outputs = bias.length;
  const width = weights.length / outputs;
  return {
    weight: Float32Array.from(
      weights,
      (_, i) => scale * weights[(i % width) * outputs + Math.floor(i / width)],
    ),
    bias: Float32Array.from(bias, (value, k) => scale * (value - middle) + shifts[k]),
  };
}
