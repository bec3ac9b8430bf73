import type * as tf from "@tensorflow/tfjs-core";
import { checkInteger } from "../check";
import { InputError } from "../errors";
import { OPTIONS } from "../options/table";
import type { POOLINGS } from "../options/words";

/** How the rows of a text become one. */
export type Pooling = (typeof POOLINGS)[number];

/** A head made of the usual parts: the last layers side by side or added up, pooled, dropped from, and a dense layer to the logits. */
export interface PoolingHead {
  /**
   * How the rows of a text become one: the first, their mean, their maximum, both of these, their mean by learnt weights, the
   * first few side by side, or the final states of a GRU or an LSTM that reads them.
   */
  pooling: Pooling;
  /** Layers, counted from the last, whose outputs stand side by side. Default: 1, or all blocks with `useWeightedLayerSum`. */
  lastLayers?: number;
  /**
   * Whether these layers are added up instead, weighted by the softmax of weights that are learnt (Peters et al. 2018). Default:
   * false.
   */
  useWeightedLayerSum?: boolean;
  /** How many rows `firstRows` reads; zeros where a text has fewer. Default: 4. */
  rows?: number;
  /** The width of the states of `gru` and `lstm`. Default: the encoder's. */
  hiddenSize?: number;
  /** Whether `gru` and `lstm` read the rows from the last to the first too, by weights of their own. Default: false. */
  bidirectional?: boolean;
  /** Rate in front of the dense layer. Default: 0.1. */
  dropout?: number;
  /** How many dropouts the logits are the mean of (Inoue 2019). Default: 1. */
  dropoutSamples?: number;
}

/**
 * A head as a function of tfjs ops, trained by tfjs's own autodiff. Its parameters are listed, frozen and saved as `head.<name>`.
 *
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs-core";
 * import type { CustomHead } from "frostkit";
 *
 * const head: CustomHead = {
 *   parameters: ({ hidden, numLabels }) => ({ "out.weight": [hidden, numLabels], "out.bias": [numLabels] }),
 *   forward: ([last], p, { mask, dropout }) => {
 *     const mean = tf.div(tf.sum(tf.mul(last, tf.expandDims(mask, 2)), 1), tf.sum(mask, 1, true));
 *     return tf.add(tf.matMul(dropout(mean, 0.1) as tf.Tensor2D, p["out.weight"] as tf.Tensor2D), p["out.bias"]);
 *   },
 * };
 * ```
 */
export interface CustomHead {
  /** Shapes by name. Matrices start as the config's `initializer_range` says, vectors at 0, those named `…weight` at 1. */
  parameters(sizes: { hidden: number; numLabels: number }): Record<string, number[]>;
  /** From the outputs of the last layers, [batch, seq, hidden] each, the last one first, to the logits [batch, labels]. */
  forward(states: tf.Tensor3D[], parameters: Record<string, tf.Tensor>, context: HeadContext): tf.Tensor;
  /** How many layers `forward` gets. Default: 1. */
  lastLayers?: number;
}

/** What a head of one's own is told of a batch. */
export interface HeadContext {
  /** `[batch, seq]`: 1 for a token, 0 for padding. */
  mask: tf.Tensor2D;
  /** Drops elements while training, by the run's seed; passes them on otherwise. */
  dropout(x: tf.Tensor, rate: number): tf.Tensor;
}

/** A head in place of the family's own. */
export type Head = PoolingHead | CustomHead;

/** A head that is given by its pooling alone, as a head. */
export const asHead = (head: Head | Pooling): Head => (typeof head === "string" ? { pooling: head } : head);

export const isCustom = (head: Head): head is CustomHead => "forward" in head;

/** Whether a recurrent layer pools. */
export const isRecurrent = (pooling: Pooling): pooling is "gru" | "lstm" =>
  pooling === "gru" || pooling === "lstm";

/** How many layers a head reads of a model of so many blocks. */
export const layersOf = (head: Head, depth: number): number =>
  head.lastLayers ?? (!isCustom(head) && head.useWeightedLayerSum ? depth : 1);

/** Throws an InputError that names what does not fit. */
export function checkHead(head: Head, depth: number): void {
  OPTIONS["AutoModelForSequenceClassification.fromPretrained"].head.kind.check(
    "head",
    head,
    "AutoModelForSequenceClassification.fromPretrained",
  );
  checkInteger("head.lastLayers", layersOf(head, depth), 1, depth);
  if (isCustom(head)) return;
  const { pooling, rows, hiddenSize, bidirectional } = head;
  if (rows !== undefined && pooling !== "firstRows") throw onlyWith("rows", "firstRows", pooling);
  for (const [name, value] of Object.entries({ hiddenSize, bidirectional }))
    if (value !== undefined && !isRecurrent(pooling)) throw onlyWith(name, "gru or lstm", pooling);
}

const onlyWith = (name: string, poolings: string, pooling: Pooling) =>
  new InputError(
    `head.${name}: expected with the pooling ${poolings} alone, got it with ${pooling}; leave it out`,
  );

/** As config.json keeps it: of a head of one's own the text of its function, to read, which nothing ever runs. */
export const headJson = (head: Head): Record<string, unknown> =>
  isCustom(head) ? { custom: head.forward.toString(), lastLayers: head.lastLayers ?? 1 } : { ...head };
