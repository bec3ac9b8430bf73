import { InputError } from "../errors";
import type { Classifier } from "../models/Classifier";
import type { Dataset } from "./dataset";

/**
 * Throws where rows were read in another way than those that the model was trained on, as far as that changes what it reads: one text for
 * two, both in the other order, or texts cut shorter or less short.
 */
export function checkReading(name: string, { trainedOn }: Classifier, dataset: Dataset): void {
  if (!trainedOn || !("inputIds" in dataset)) return;
  const { readAs, inputIds, maxLength, truncated } = dataset;
  const quoted = (column: string) => JSON.stringify(column);
  if (readAs && (readAs.pair === null) !== (trainedOn.pair === null))
    throw new InputError(
      trainedOn.pair === null
        ? `${name}: the model was trained on single texts, these rows have a second one in ${quoted(readAs.pair!)}; leave pair (--pair) out`
        : `${name}: the model was trained on pairs of ${quoted(trainedOn.text)} and ${quoted(trainedOn.pair)}, these rows have one text, ${quoted(readAs.text)}; name the column of the second as pair (--pair)`,
    );
  if (readAs && readAs.text === trainedOn.pair && readAs.pair === trainedOn.text)
    throw new InputError(
      `${name}: the model was trained on ${quoted(trainedOn.text)} followed by ${quoted(trainedOn.pair!)}, these rows have them the other way round; swap text and pair`,
    );
  const tooShort = maxLength < trainedOn.maxLength && truncated > 0;
  const tooLong = maxLength > trainedOn.maxLength && inputIds.some((ids) => ids.length > trainedOn.maxLength);
  if (tooShort || tooLong)
    throw new InputError(
      `${name}: the model was trained on texts of up to ${trainedOn.maxLength} tokens, these rows have up to ${maxLength}; tokenize them with maxLength: ${trainedOn.maxLength} (leave --max-length out)`,
    );
}
