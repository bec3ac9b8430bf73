import type { OnnxAttribute } from "../onnxMessages";
import type { Value } from "./Value";

/** One recorded operation. */
export interface Node {
  /** Its place in what is recorded since the last run. */
  index: number;
  type: string;
  domain: string;
  attributes: Record<string, OnnxAttribute>;
  inputs: readonly (Value | null)[];
  outputs: Value[];
  /** The place of its first output among all outputs since the last run. */
  first: number;
  /** The part of the model that it belongs to. */
  stage: string;
  /** What goes through its inputs row by row, so that outputs may take an input's place: the graph of one row. */
  body: Body | null;
}

/** What is done to one row of each input; names are its own, those of `outer` the values outside it. */
export interface Body {
  nodes: { type: string; inputs: string[]; output: string }[];
  inputs: string[];
  outputs: string[];
  outer: ReadonlyMap<string, Value>;
}
