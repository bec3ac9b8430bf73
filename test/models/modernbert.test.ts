import { againstPyTorch } from "./againstPyTorch";

const belongs = (name: string, n: number) =>
  name.includes(".embeddings.") ||
  Array.from({ length: n }, (_, i) => `.layers.${i}.`).some((block) => name.includes(block));

for (const name of ["modernbert", "modernbert-mean"]) againstPyTorch(name, { frozenBy: 1, belongs });
