import type { Random } from "../random";

export interface Masked {
  /** The ids after masking. */
  inputIds: Int32Array;
  /** Positions of the chosen tokens, and their ids before masking. */
  places: Int32Array;
  words: Int32Array;
}

/**
 * Chooses a share of the tokens, special ones and padding aside, and puts the mask in place of 80 % of them, a random token in place of
 * 10 %, and leaves 10 % as they are (Devlin et al. 2019). At least one is chosen where there is one to choose.
 */
export function maskTokens(
  inputIds: Int32Array,
  special: (place: number) => boolean,
  options: { maskTokenId: number; vocabSize: number; share: number },
  random: Random,
): Masked {
  const candidates = Array.from(inputIds.keys()).filter((i) => !special(i));
  let places = candidates.filter(() => random.uniform() < options.share);
  if (places.length === 0 && candidates.length > 0) places = [candidates[random.integer(candidates.length)]];
  const hidden = inputIds.slice();
  for (const place of places) {
    const draw = random.uniform();
    if (draw < 0.8) hidden[place] = options.maskTokenId;
    else if (draw < 0.9) hidden[place] = random.integer(options.vocabSize);
  }
  return {
    inputIds: hidden,
    places: Int32Array.from(places),
    words: Int32Array.from(places, (place) => inputIds[place]),
  };
}
