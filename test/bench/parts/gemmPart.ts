import type { Figures } from "../contest";
import type { Part } from "../Part";
import { row } from "../row";
import { blockParameters, blockProducts, estimatedFlops, productRate } from "../stepFlops";
import { BASE, perStep, stepsTask } from "./stepsPart";

const products = blockProducts(BASE);
const square = { m: 1024, k: 1024, n: 1024, count: 1 };

const NAME = "N = 0, then its products";

const stepRate = (figures: Figures) =>
  estimatedFlops(blockParameters(BASE), BASE.rows * BASE.tokens) / perStep(figures);

type Whose = keyof NonNullable<Figures["productSeconds"]>;

const ownRate = ({ productSeconds }: Figures, whose: Whose = "engine") =>
  productRate(products, productSeconds![whose]!.slice(0, products.length));

const squareRate = ({ productSeconds }: Figures, whose: Whose = "engine") =>
  productRate([square], productSeconds![whose]!.slice(products.length));

/** How near a whole training step comes to what the engine reaches in matrix products and nothing else. */
export const gemmPart: Part = {
  about:
    "BERT-base size, 8 rows of 128 tokens, N = 0, float32, against the products of its dense layers by themselves in the same process " +
    "(kit: TensorFlow's MatMul; PyTorch: torch.mm), forward and backward, as they lie in memory. Operations of a step: 2 · " +
    "parameters of the blocks · tokens · 3.",
  async measure(bench) {
    const model = bench.checkpoint(BASE);
    const rounds = await bench.contest(NAME, () => ({
      ...stepsTask(model, BASE, { n: 0, steps: 8 }),
      kind: "gemm",
      products: [...products, square],
    }));
    return { [NAME]: rounds };
  },
  rows({ [NAME]: rounds }) {
    const kitsOwn = { kit: rounds.kit, peer: [] };
    return [
      row("own products at the step's shapes, GFLOP/s", rounds, (figures) => ownRate(figures) / 1e9),
      row("own product of 1024³, GFLOP/s", rounds, (figures) => squareRate(figures) / 1e9),
      row(
        "the kit's kernels at the step's shapes, GFLOP/s",
        kitsOwn,
        (figures) => ownRate(figures, "kit") / 1e9,
      ),
      row("the kit's kernels, 1024³, GFLOP/s", kitsOwn, (figures) => squareRate(figures, "kit") / 1e9),
      row("a whole step, GFLOP/s", rounds, (figures) => stepRate(figures) / 1e9),
      row(
        "share of the own rate at the step's shapes",
        rounds,
        (figures) => stepRate(figures) / ownRate(figures),
        {
          kitAtLeast: 0.75,
        },
      ),
      row("share of the own rate at 1024³", rounds, (figures) => stepRate(figures) / squareRate(figures), {
        kitAtLeast: 0.75,
      }),
    ];
  },
};
