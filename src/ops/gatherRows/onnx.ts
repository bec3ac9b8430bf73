import type { Given, OnnxGraph } from "../OnnxGraph";

export const gatherRows = (graph: OnnxGraph, { table, ids }: { table: string; ids: Given }): string =>
  graph.op("Gather", [table, ids()]);
