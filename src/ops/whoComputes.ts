import { autocast, PRECISIONS, type Precision } from "../engine/autocast";
import { OPS } from "./all";
import { COMPOSED } from "./defineOp";

export interface OpLine {
  op: string;
  /** Who computes it on the engine in use, unless the inputs are of a kind that it leaves to the next. */
  by: Partial<Record<Precision, string>>;
  /** The others that could, and why they do not. */
  others: { by: string; why: string }[];
}

/** Who computes each op on the engine in use, in each of the `precisions` that it has. */
export function whoComputes(precisions: readonly Precision[] = PRECISIONS): OpLine[] {
  return OPS.map(({ declaration: { name, kernels } }) => {
    const by: OpLine["by"] = {};
    for (const precision of precisions)
      autocast(precision, () => {
        by[precision] = kernels.find((kernel) => kernel.refuses(null) === null)?.by ?? COMPOSED;
      });
    const others = kernels.flatMap((kernel) => {
      const why = kernel.refuses(null);
      return why === null ? [] : [{ by: kernel.by, why }];
    });
    return { op: name, by, others };
  });
}
