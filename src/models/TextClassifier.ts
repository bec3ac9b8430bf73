import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { Pass, type Value } from "../nn/Pass";
import { runStages } from "../nn/runStages";
import { checkArguments } from "../options/checkArguments";
import { readNamed } from "../options/readNamed";
import { readOptions } from "../options/readOptions";
import { tokenRows } from "../options/table";
import { Classifier, type ForwardOptions } from "./Classifier";
import { Config, type Family } from "./Family";
import type { CheckedRows, Parts } from "./Parts";
import { type TextBatch, type TextInputs, textInputs } from "./textInputs";

/** A batch of texts as token ids, rows of one length, padded on the right. */
export interface TokenRows {
  /** Token ids of each row, all rows equally long. */
  inputIds: number[][];
  /** 1 for tokens, 0 for padding; all ones when left out. */
  attentionMask?: number[][];
  /** 0 for the first text of a pair, 1 for the second. */
  tokenTypeIds?: number[][];
}

export interface TextParts extends Parts<TextInputs> {
  family: Family;
}

/** A pretrained text encoder with a head; `Logits` is what a forward gives. Owns its tensors until `dispose()`. */
export abstract class TextClassifier<Logits extends tf.Tensor = tf.Tensor> extends Classifier<TextInputs> {
  readonly modelType: string;
  /** @internal */
  protected readonly family: Family;

  constructor(parts: TextParts) {
    super(parts);
    this.family = parts.family;
    this.modelType = parts.family.modelType;
  }

  /** The longest text it takes, in tokens. */
  get maxTokens(): number {
    return this.family.maxTokens(new Config(this.config));
  }

  /**
   * Throws an InputError that names the first row that is too long or holds a token or a token type the model does not know, or
   * the token that rows are padded with, if the model does not know that.
   */
  checkRows(name: string, rows: CheckedRows): void {
    checkArguments("model.checkRows", { name, rows });
    if (!("inputIds" in rows))
      throw new InputError(
        `${name}: ${this.modelType} reads texts, got images; load an image model for them`,
      );
    const { maxTokens } = this;
    const config = new Config(this.config);
    const tokens = config.number("vocab_size");
    const types = config.number("type_vocab_size", 2);
    rows.inputIds.forEach((ids, row) => {
      if (ids.length > maxTokens)
        throw new InputError(
          `${name}: this model takes at most ${maxTokens} tokens a text, row ${row} has ${ids.length}; tokenize with maxLength: ${maxTokens}`,
        );
      checkBelow(tokens, "token ids", ids, name, row);
    });
    // Where a family has no token types, those of the rows are not read.
    if (types > 0)
      rows.tokenTypeIds?.forEach((ids, row) => {
        checkBelow(types, "token types", ids, name, row);
      });
    if (rows.padTokenId !== undefined && rows.padTokenId >= tokens)
      throw new InputError(
        `${name}: this model knows token ids below ${tokens}, the rows are padded with ${rows.padTokenId}; tokenize with the model's own tokenizer`,
      );
  }

  /** @internal */
  inputsOf(batch: TextBatch): TextInputs {
    return textInputs(batch);
  }

  /**
   * One forward in eval mode: `logits` [batch, labels], of a token classifier [batch, seq, labels], and, on request, `hiddenStates`: the
   * embeddings' output and each block's, [batch, seq, hidden], the last one normed in families that norm it for the head. The caller
   * disposes them.
   *
   * @example
   * ```ts
   * const { logits } = model.forward({ inputIds: [[101, 2054, 102]] });
   * console.log(await logits.data());
   * logits.dispose();
   * ```
   */
  forward(rows: TokenRows, options: ForwardOptions = {}): { logits: Logits; hiddenStates: tf.Tensor3D[] } {
    const { outputHiddenStates: everyRow } = readOptions("model.forward", options);
    checkArguments("model.forward", { rows });
    readNamed("model.forward", tokenRows, rows);
    this.checkRows("inputIds", rows);
    if (this.config.frostkit_head) checkPadding(rows);
    const inputs = this.inputsOf(toBatch(rows));
    const pass = new Pass();
    const hiddenStates: tf.Tensor3D[] = [];
    const seen = ({ tensor }: Value, i: number) => {
      const next = this.stages[i + 1];
      if (!everyRow || !next) return;
      // After a block's own output come those of earlier blocks, where the head reads several.
      const width = hiddenStates[0]?.shape[2] ?? tensor.shape[1]!;
      const own = pass.input(tf.slice(tensor, [0, 0], [tensor.shape[0], width]));
      const state = next.norm ? next.norm.forward(pass, own).tensor : own.tensor;
      hiddenStates.push(
        tf.keep(tf.reshape(state, [inputs.batchSize, inputs.sequenceLength, -1])) as tf.Tensor3D,
      );
    };
    const { batchSize, sequenceLength } = inputs;
    const flat = runStages(pass, this.stages, inputs, { everyRow, seen }).tensor;
    if (!this.perToken) return { logits: flat as Logits, hiddenStates };
    const logits = tf.reshape(flat, [batchSize, sequenceLength, this.numLabels]) as Logits;
    flat.dispose();
    return { logits, hiddenStates };
  }
}

export const initializerRange = (config: Record<string, unknown>): number =>
  typeof config.initializer_range === "number" ? config.initializer_range : 0.02;

function checkBelow(limit: number, what: string, ids: ArrayLike<number>, name: string, row: number): void {
  for (let i = 0; i < ids.length; i++)
    if (!(ids[i] >= 0 && ids[i] < limit && Number.isInteger(ids[i])))
      throw new InputError(
        `${name}: this model knows ${what} below ${limit}, row ${row} has ${ids[i]}; tokenize with the model's own tokenizer`,
      );
}

/** A head that reads texts from their first token on takes the padding to lie behind them. */
function checkPadding({ attentionMask = [] }: TokenRows): void {
  const wrong = attentionMask.findIndex((row) => row.some((here, i) => here !== 0 && row[i - 1] === 0));
  if (wrong !== -1)
    throw new InputError(
      `attentionMask: expected ones and behind them zeros (pad on the right), since this head reads texts from their beginning, got ${attentionMask[wrong].slice(0, 8).join(", ")} in row ${wrong}`,
    );
}

function toBatch({ inputIds, attentionMask, tokenTypeIds }: TokenRows) {
  const batchSize = inputIds.length;
  const sequenceLength = inputIds[0]?.length ?? 0;
  if (batchSize === 0 || sequenceLength === 0)
    throw new InputError("inputIds: expected at least one token, got none");
  const flat = (name: string, rows: number[][]) => {
    const wrong = rows.findIndex((row) => row.length !== sequenceLength);
    if (wrong !== -1 || rows.length !== batchSize)
      throw new InputError(
        `${name}: expected ${batchSize} rows of ${sequenceLength} (pad on the right), got ${rows.length} rows${wrong === -1 ? "" : `, row ${wrong} of ${rows[wrong].length}`}`,
      );
    return rows.flat();
  };
  return {
    batchSize,
    sequenceLength,
    inputIds: flat("inputIds", inputIds),
    attentionMask: attentionMask
      ? flat("attentionMask", attentionMask)
      : new Int32Array(batchSize * sequenceLength).fill(1),
    tokenTypeIds: tokenTypeIds && flat("tokenTypeIds", tokenTypeIds),
  };
}
