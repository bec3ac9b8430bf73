import type { Adaptable, Linear } from "./linear";
import type { Parameter } from "./Parameter";
import type { Pass, Value } from "./Pass";

/** A batch as tensors: what a model's stages read besides each other's outputs. */
export interface StageInputs {
  dispose(): void;
}

/**
 * One part of a model, to be frozen as a whole: embeddings, a block, the head. `parameters` are all that its forward reads, so that a
 * stage is frozen exactly when none of them is trainable. Parameters that several stages read stand in each.
 */
export interface Stage<Inputs = StageInputs> {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** Those of them that it only looks rows up in, which do not have to be read whole unless they learn. */
  readonly tables?: readonly Parameter[];
  /** Its dense layers, which `addLora` may put adapters on; those count among its parameters then. */
  readonly adaptable?: readonly Adaptable[];
  /** What its forward reads and, while it trains, moves without gradients: the running statistics of a batch norm. */
  readonly buffers?: readonly Parameter[];
  /** Of a head: whether it reads the first row of each text alone, so that the block before it need not compute the others. */
  readonly readsFirstRows?: boolean;
  /** The first stage gets no `x`; it starts from the inputs. */
  forward(pass: Pass, inputs: Inputs, x: Value | null): Value;
  /** In a head, what it does to each row before it pools, where Python's last hidden state comes after that. */
  readonly norm?: { parameters: readonly Parameter[]; forward(pass: Pass, x: Value): Value };
  /** In a head, how the rows of each text become one, its norm before that included: [batch · n, hidden] → [batch, hidden]. */
  pool?(pass: Pass, inputs: Inputs, x: Value): Value;
  /** Of a head: the dense layer that it ends in; none where a head is a function of the user's, or learns how to pool. */
  readonly lastLayer?: LastLayer<Inputs>;
}

/** The dense layer that makes a head's logits, and how what it reads comes about where no dropout fires. */
export interface LastLayer<Inputs = StageInputs> {
  layer: Required<Linear>;
  /** Variance that dropout in front of it adds to what it reads while it trains, as a share of that one's square: rate / (1 - rate). */
  noise: number;
  /** One row for each text or image, from the last block's output, by nothing that may have been drawn: [batch · n, hidden] → [batch, width]. */
  pool(pass: Pass, inputs: Inputs, x: Value): Value;
  /** What the layer reads of those rows: [batch, width] → [batch, in]. Default: the rows themselves. */
  reads?(pass: Pass, pooled: Value): Value;
}

/** Reads what a forward and a backward ask for whole, where that is unread: all but tables that do not learn, whose rows will do. */
export function readWhole(stages: readonly Stage[]): void {
  for (const { parameters, tables = [], buffers = [] } of stages)
    for (const parameter of [...parameters, ...buffers])
      if (parameter.requiresGrad || !tables.includes(parameter) || !parameter.stored?.byRows) parameter.value;
}

/** How many leading stages have nothing trainable: below this line a model's output never changes. */
export function frostLine(stages: readonly Stage[]): number {
  const first = stages.findIndex((stage) => stage.parameters.some((parameter) => parameter.requiresGrad));
  return first === -1 ? stages.length : first;
}
