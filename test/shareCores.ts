// Loaded before each test file, by run.ts, which runs two at once: each computes with half of the cores, since threads that wait for one
// another's cores cost more than they bring. Kernels and engines are tried with all of them.
import { availableParallelism } from "node:os";

if (!/[\\/]test[\\/](ops|nn|engine|models|bench)[\\/]/.test(process.argv[1] ?? "")) {
  const half = String(Math.max(1, Math.floor(availableParallelism() / 2)));
  for (const name of ["OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"]) process.env[name] ??= half;
}
