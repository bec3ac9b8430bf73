import * as tf from "@tensorflow/tfjs-core";
import type { Declaration, Op, Outputs } from "./Op";

/**
 * Makes an op of its declaration. This is the one place that decides who computes: the first of the op's kernels that does not refuse,
 * else the composed form.
 */
export function defineOp<In, Out extends Outputs<Out>>(declaration: Declaration<In, Out>): Op<In, Out> {
  const { name, check, kernels } = declaration;
  const op = (inputs: In): Out => {
    check?.(inputs);
    const kernel = kernels.find((kernel) => kernel.refuses(inputs) === null);
    observer?.(name, kernel?.by ?? COMPOSED);
    return kernel ? kernel.compute(inputs) : compose(declaration, inputs);
  };
  return Object.assign(op, { declaration });
}

/** Whether a kernel takes these inputs, so that an op which stands for several others is worth asking for in their place. */
export const isFused = <In, Out extends Outputs<Out>>({ declaration }: Op<In, Out>, inputs: In): boolean =>
  declaration.kernels.some((kernel) => kernel.refuses(inputs) === null);

/** How a composed form is named among kernels. */
export const COMPOSED = "tfjs ops";

/** The composed form; nothing of what it makes in between stays. */
export function compose<In, Out extends Outputs<Out>>({ composed }: Declaration<In, Out>, inputs: In): Out {
  let outputs: Out;
  tf.tidy(() => {
    outputs = composed(inputs);
    return Object.values<tf.Tensor | null | (tf.Tensor | null)[]>(outputs)
      .flat()
      .filter((tensor) => tensor !== null);
  });
  return outputs!;
}

type Observer = (op: string, by: string) => void;

let observer: Observer | null = null;

/** Who computed which op how often while `compute` ran, which must not wait for anything: "attention" → "C++" → 6. */
export function observeOps<Result>(compute: () => Result): {
  result: Result;
  used: Map<string, Map<string, number>>;
} {
  const used = new Map<string, Map<string, number>>();
  const before = observer;
  observer = (op, by) => {
    before?.(op, by);
    const counts = used.get(op) ?? new Map<string, number>();
    used.set(op, counts.set(by, (counts.get(by) ?? 0) + 1));
  };
  try {
    return { result: compute(), used };
  } finally {
    observer = before;
  }
}
