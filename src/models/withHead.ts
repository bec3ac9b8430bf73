import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { activate } from "../nn/activate";
import { activation } from "../nn/activation";
import { byAutodiff } from "../nn/byAutodiff";
import { columns, sideBySide } from "../nn/columns";
import { firstRows } from "../nn/firstRows";
import { linear } from "../nn/linear";
import { meanRows } from "../nn/meanRows";
import { multiSampleDropout } from "../nn/multiSampleDropout";
import type { Pass, Value } from "../nn/Pass";
import { maxRows, weightedRows } from "../nn/pooling";
import type { Stage } from "../nn/Stage";
import { dropoutMask } from "../ops/dropoutMask/dropoutMask";
import type { Take } from "./Family";
import { type CustomHead, checkHead, type Head, isCustom, type PoolingHead } from "./Head";
import { parametersOf, takeLinear } from "./takeParts";
import type { TextInputs } from "./textInputs";

/** A family's stages with another head in place of their own. For a head that reads several layers, blocks hand on the outputs of earlier ones. */
export function withHead(
  stages: Stage<TextInputs>[],
  head: Head,
  hidden: number,
  numLabels: number,
  take: Take,
): Stage<TextInputs>[] {
  const depth = stages.length - 2;
  checkHead(head, depth);
  const { lastLayers = 1 } = head;
  const blocks = stages
    .slice(0, -1)
    .map((stage, i) => (i > depth - lastLayers + 1 ? carrying(stage, hidden) : stage));
  const { norm } = stages.at(-1)!;
  const own = isCustom(head)
    ? customStage(head, hidden, numLabels, take)
    : poolingStage(head, hidden, numLabels, take);
  if (!norm) return [...blocks, own];
  return [
    ...blocks,
    {
      name: own.name,
      readsFirstRows: own.readsFirstRows,
      parameters: [...norm.parameters, ...own.parameters],
      norm,
      pool: own.pool && ((pass, inputs, x) => own.pool!(pass, inputs, norm.forward(pass, x))),
      lastLayer: own.lastLayer && {
        ...own.lastLayer,
        pool: (pass, inputs, x) => own.lastLayer!.pool(pass, inputs, newestNormed(pass, x)),
      },
      forward: (pass, inputs, x) => own.forward(pass, inputs, newestNormed(pass, x!)),
    },
  ];

  /** Of layers side by side only the last one's output comes before the norm. */
  function newestNormed(pass: Pass, x: Value): Value {
    const newest = norm!.forward(pass, ofWidth(pass, x, 0, hidden));
    const width = x.tensor.shape[1]! - hidden;
    return width > 0 ? sideBySide(pass, newest, columns(pass, x, hidden, width)) : newest;
  }
}

function ofWidth(pass: Pass, x: Value, start: number, width: number): Value {
  return x.tensor.shape[1] === width ? x : columns(pass, x, start, width);
}

/** Wraps a block so that its input is concatenated after its output, for heads that read several layers. */
function carrying(stage: Stage<TextInputs>, hidden: number): Stage<TextInputs> {
  return {
    name: stage.name,
    get parameters() {
      return stage.parameters;
    },
    adaptable: stage.adaptable,
    forward(pass, inputs, x) {
      return sideBySide(pass, stage.forward(pass, inputs, ofWidth(pass, x!, 0, hidden)), x!);
    },
  };
}

function poolingStage(head: PoolingHead, hidden: number, numLabels: number, take: Take): Stage<TextInputs> {
  const { pooling, lastLayers = 1, dropout: rate = 0.1, dropoutSamples = 1 } = head;
  const width = hidden * lastLayers;
  const pooled = pooling === "meanMax" ? 2 * width : width;
  // A small net scores each row (Yang et al. 2016).
  const scorer: Record<string, ReturnType<typeof takeLinear>> = {};
  if (pooling === "attention") {
    scorer.dense = takeLinear(take, "head.attention.dense", width, hidden);
    scorer.score = takeLinear(take, "head.attention.score", hidden, 1);
  }
  const classifier = takeLinear(take, "head.classifier", pooled, numLabels);

  const pool = (pass: Pass, { batchSize, mask }: TextInputs, x: Value): Value => {
    if (pooling === "cls") return firstRows(pass, x, batchSize);
    if (pooling === "mean") return meanRows(pass, x, mask);
    if (pooling === "max") return maxRows(pass, x, mask);
    if (pooling === "meanMax") return sideBySide(pass, meanRows(pass, x, mask), maxRows(pass, x, mask));
    const scores = linear(
      pass,
      activate(pass, linear(pass, x, scorer.dense), activation("tanh")),
      scorer.score,
    );
    return weightedRows(pass, x, scores, mask);
  };
  return {
    name: "head",
    readsFirstRows: pooling === "cls" && lastLayers === 1,
    parameters: parametersOf({ ...scorer, classifier }),
    // Weights that are yet to be learnt say nothing of the rows.
    ...(pooling !== "attention" && {
      pool,
      lastLayer: { layer: classifier, noise: rate / (1 - rate) / dropoutSamples, pool },
    }),
    forward: (pass, inputs, x) =>
      linear(pass, multiSampleDropout(pass, pool(pass, inputs, x!), rate, dropoutSamples), classifier),
  };
}

function customStage(head: CustomHead, hidden: number, numLabels: number, take: Take): Stage<TextInputs> {
  const { lastLayers = 1 } = head;
  const shapes = Object.entries(head.parameters({ hidden, numLabels }));
  if (shapes.length === 0) throw new InputError("head: expected at least one parameter to learn, got none");
  const parameters = Object.fromEntries(
    shapes.map(([name, shape]) => [
      name,
      take(`head.${name}`, shape, shape.length > 1 ? "normal" : name.endsWith("weight") ? "ones" : "zeros"),
    ]),
  );
  return {
    name: "head",
    parameters: Object.values(parameters),
    forward(pass, { batchSize, sequenceLength, mask }, x) {
      const seed = pass.training ? pass.drawSeed() : null;
      return byAutodiff(pass, x!, parameters, { mask }, (x, values, { mask }) => {
        const whole = tf.reshape(x, [batchSize, sequenceLength, hidden * lastLayers]);
        const states = Array.from({ length: lastLayers }, (_, i) =>
          tf.slice(whole, [0, 0, i * hidden], [batchSize, sequenceLength, hidden]),
        );
        let drawn = 0;
        const logits = head.forward(states as tf.Tensor3D[], values, {
          mask: tf.sub(1, tf.step(tf.neg(tf.reshape(mask, [batchSize, sequenceLength])))) as tf.Tensor2D,
          dropout: (x, rate) =>
            seed === null || rate === 0
              ? x
              : tf.mul(x, dropoutMask(x.shape, { rate, seed: (seed + drawn++) >>> 0 })),
        });
        if (!tf.util.arraysEqual(logits.shape, [batchSize, numLabels]))
          throw new InputError(
            `head: expected forward to give logits [batch, labels], here [${batchSize}, ${numLabels}], got [${logits.shape}]`,
          );
        return logits;
      });
    },
  };
}
