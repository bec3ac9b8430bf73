import { againstPyTorch } from "./againstPyTorch";

const belongs = (name: string, n: number) =>
  /\.embeddings\.|encoder\.(rel_embeddings|LayerNorm)\./.test(name) ||
  Array.from({ length: n }, (_, i) => `encoder.layer.${i}.`).some((block) => name.includes(block));

for (const name of ["deberta-v2", "deberta-v2-own-positions", "deberta-v2-content-position"])
  againstPyTorch(name, { frozenBy: 1, belongs });
