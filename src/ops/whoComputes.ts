import { autocast, PRECISIONS, type Precision } from "../engine/autocast";
import { OPS } from "./all";
import { COMPOSED } from "./defineOp";

export interface OpLine {
  op: string;
  /** Who computes it on the engine in use, unless the inputs are of a kind that it leaves to the next. */
  by: Partial<Record<Precision, string>>;
  /** Why a kernel does not compute it, in one of the precisions: "C++: not in fp16". */
  others: string[];
}

/** Who computes each op on the engine in use, in each of the `precisions` that it has. */
export function whoComputes(precisions: readonly Precision[] = PRECISIONS): OpLine[] {
  return OPS.map(({ declaration: { name, kernels } }) => {
    const by: OpLine["by"] = {};
    const others = new Set<string>();
    for (const precision of precisions)
      autocast(precision, () => {
        by[precision] = kernels.find((kernel) => kernel.refuses(null) === null)?.by ?? COMPOSED;
        for (const kernel of kernels) {
          const why = kernel.refuses(null);
          if (why !== null) others.add(`${kernel.by}: ${why}`);
        }
      });
    return { op: name, by, others: [...others] };
  });
}
