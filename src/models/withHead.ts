import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { activate } from "../nn/activate";
import { activation } from "../nn/activation";
import { byAutodiff } from "../nn/byAutodiff";
import { columns, sideBySide } from "../nn/columns";
import { finalStates, recurrentShapes } from "../nn/finalStates";
import { firstRows } from "../nn/firstRows";
import { leadingRows } from "../nn/leadingRows";
import { linear } from "../nn/linear";
import { meanRows } from "../nn/meanRows";
import { multiSampleDropout } from "../nn/multiSampleDropout";
import type { Parameter } from "../nn/Parameter";
import type { Pass, Value } from "../nn/Pass";
import { maxRows, weightedRows } from "../nn/pooling";
import type { CellName } from "../nn/recurrentCells";
import type { Stage } from "../nn/Stage";
import { weightedLayers } from "../nn/weightedLayers";
import { zeroPadding } from "../nn/zeroPadding";
import { dropoutMask } from "../ops/dropoutMask/dropoutMask";
import type { Take } from "./Family";
import { type CustomHead, checkHead, type Head, isCustom, layersOf, type PoolingHead } from "./Head";
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
  const lastLayers = layersOf(head, depth);
  const blocks = stages
    .slice(0, -1)
    .map((stage, i) => (i > depth - lastLayers + 1 ? carrying(stage, hidden) : stage));
  const { norm } = stages.at(-1)!;
  const own = isCustom(head)
    ? customStage(head, hidden, numLabels, take)
    : poolingStage(head, lastLayers, hidden, numLabels, take);
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

function poolingStage(
  head: PoolingHead,
  lastLayers: number,
  hidden: number,
  numLabels: number,
  take: Take,
): Stage<TextInputs> {
  const { pooling, dropout: rate = 0.1, dropoutSamples = 1 } = head;
  const weights = head.useWeightedLayerSum ? take("head.layer_weights", [lastLayers], "zeros") : null;
  const width = weights ? hidden : hidden * lastLayers;
  const pooler = poolerOf(head, width, hidden, take);
  const classifier = takeLinear(take, "head.classifier", pooler.width, numLabels);

  const summed: Pool = (pass, inputs, x) =>
    pooler.pool(pass, inputs, weights ? weightedLayers(pass, x, weights) : x);
  return {
    name: "head",
    readsFirstRows: pooling === "cls" && lastLayers === 1,
    parameters: [...(weights ? [weights] : []), ...pooler.parameters, ...parametersOf({ classifier })],
    // Weights that are yet to be learnt say nothing of the rows.
    ...(pooler.parameters.length === 0 && {
      pool: pooler.pool,
      lastLayer: { layer: classifier, noise: rate / (1 - rate) / dropoutSamples, pool: summed },
    }),
    forward: (pass, inputs, x) =>
      linear(pass, multiSampleDropout(pass, summed(pass, inputs, x!), rate, dropoutSamples), classifier),
  };
}

type Pool = (pass: Pass, inputs: TextInputs, x: Value) => Value;

/** How the rows of each text, of some width, become one. */
interface Pooler {
  /** Of what it gives. */
  width: number;
  parameters: readonly Parameter[];
  pool: Pool;
}

function poolerOf(head: PoolingHead, width: number, hidden: number, take: Take): Pooler {
  const { pooling, rows = 4 } = head;
  const plain = (width: number, pool: Pool): Pooler => ({ width, parameters: [], pool });
  if (pooling === "cls") return plain(width, (pass, { batchSize }, x) => firstRows(pass, x, batchSize));
  if (pooling === "firstRows")
    return plain(rows * width, (pass, { batchSize, mask }, x) =>
      leadingRows(pass, zeroPadding(pass, x, mask), batchSize, rows),
    );
  if (pooling === "mean") return plain(width, (pass, { mask }, x) => meanRows(pass, x, mask));
  if (pooling === "max") return plain(width, (pass, { mask }, x) => maxRows(pass, x, mask));
  if (pooling === "meanMax")
    return plain(2 * width, (pass, { mask }, x) =>
      sideBySide(pass, meanRows(pass, x, mask), maxRows(pass, x, mask)),
    );
  return pooling === "attention"
    ? byAttention(width, hidden, take)
    : recurrent(pooling, head, width, hidden, take);
}

/** A small net scores each row (Yang et al. 2016). */
function byAttention(width: number, hidden: number, take: Take): Pooler {
  const dense = takeLinear(take, "head.attention.dense", width, hidden);
  const score = takeLinear(take, "head.attention.score", hidden, 1);
  return {
    width,
    parameters: parametersOf({ dense, score }),
    pool(pass, { mask }, x) {
      const scores = linear(pass, activate(pass, linear(pass, x, dense), activation("tanh")), score);
      return weightedRows(pass, x, scores, mask);
    },
  };
}

/** Drawn as PyTorch draws them, uniformly within 1 / √hiddenSize. */
function recurrent(cell: CellName, head: PoolingHead, width: number, hidden: number, take: Take): Pooler {
  const { hiddenSize: size = hidden, bidirectional = false } = head;
  const parameters = Object.fromEntries(
    Object.entries(recurrentShapes(cell, width, size, bidirectional)).map(([name, shape]) => [
      name,
      take(`head.${cell}.${name}`, shape, { bound: 1 / Math.sqrt(size) }),
    ]),
  );
  return {
    width: bidirectional ? 2 * size : size,
    parameters: Object.values(parameters),
    pool: (pass, { mask }, x) => finalStates(pass, x, mask, { cell, hiddenSize: size, parameters }),
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
