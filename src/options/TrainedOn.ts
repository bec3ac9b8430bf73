import { shown } from "../check";
import { InputError } from "../errors";

/** The options by which texts were read that a model was trained on, so that it is asked about texts that are read the same way. */
export interface TrainedOn {
  /** The column of texts. */
  text: string;
  /** The column of second texts; null where each row had one text. */
  pair: string | null;
  /** The columns of labels; null where the rows had none. */
  label: string[] | null;
  /** The tokens that texts were cut to. */
  maxLength: number;
}

/** The field of config.json that holds it. */
export const trainedOnField = "frostkit_trained_on";

/**
 * What a config.json says of how the model's texts were read; null where it says nothing.
 *
 * @throws InputError where the field holds something else
 */
export function readTrainedOn(config: Record<string, unknown>): TrainedOn | null {
  const field = config[trainedOnField];
  if (field === undefined || field === null) return null;
  const { text, pair, label, maxLength } = Object(field) as Record<string, unknown>;
  const isText = (value: unknown): value is string => typeof value === "string";
  const fits =
    isText(text) &&
    (pair === null || isText(pair)) &&
    (label === null || (Array.isArray(label) && label.every(isText))) &&
    Number.isInteger(maxLength) &&
    (maxLength as number) > 0;
  if (!fits)
    throw new InputError(
      `config.json: ${trainedOnField}: expected text, pair, label and maxLength as the kit writes them, got ${shown(field)}; remove the field`,
    );
  return { text, pair, label, maxLength: maxLength as number } as TrainedOn;
}
