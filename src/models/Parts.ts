import type { Parameter } from "../nn/Parameter";
import type { Stage, StageInputs } from "../nn/Stage";
import type { PROBLEM_TYPES } from "../options/words";
import type { Fresh } from "./ParameterLoader";

/** What labels mean, as Transformers names it. */
export type ProblemType = (typeof PROBLEM_TYPES)[number];

/** How weights are stored in a file. */
export type WeightType = "F32" | "F16" | "BF16";

/** A tensor to be written to a file; counts are stored whole, whatever the weights are stored as. */
export interface SavedTensor {
  name: string;
  shape: number[];
  dtype?: "I64";
  data: () => Promise<Float32Array>;
}

/** Where a model was loaded from. */
export interface Origin {
  /** The folder, links followed. */
  folder: string;
  /** Its config.json and what goes along when the model is saved, such as a tokenizer's files, by name, as they were then. */
  files: ReadonlyMap<string, Uint8Array>;
}

/** What a classifier is put together from. */
export interface Parts<Inputs = StageInputs> {
  config: Record<string, unknown>;
  /** First stage, blocks and head, in the order they run. */
  stages: Stage<Inputs>[];
  parameters: Parameter[];
  fresh: Fresh[];
  unused: string[];
  /** Further lines on the checkpoint for the log. */
  notes?: string[];
  /** Class names in the order of the logits; one for each of them. */
  classes: string[];
  problemType: ProblemType;
  initializerRange: number;
  /** The checkpoint's folder and hash; none where the model started from its config alone. */
  folder?: string;
  checkpointHash?: () => Promise<string>;
  origin?: Origin;
  /** Writes a checkpoint folder; the files that belong to the model are those of its origin. */
  save: (
    folder: string,
    what: {
      config: Record<string, unknown>;
      tensors: SavedTensor[];
      dtype: WeightType;
      origin: Origin | null;
    },
  ) => Promise<void>;
}

/** What `checkRows` looks at: the tokens of texts, or the pixels of images. */
export type CheckedRows = CheckedTexts | CheckedImages;

export interface CheckedTexts {
  inputIds: readonly ArrayLike<number>[];
  tokenTypeIds?: readonly ArrayLike<number>[] | null;
  padTokenId?: number;
}

export interface CheckedImages {
  pixels: readonly ArrayLike<number>[];
  height: number;
  width: number;
}
