import type { StepInputs } from "../engine/recorder/Replays";
import type { AdamWSettings } from "../ops/adamW/adamWUpdate";
import { ratesLabel, ratesNumbers } from "../ops/adamW/rates";

/** The numbers that AdamW's updates go in with: a row for all parameters that share theirs. */
export class UpdateRates implements StepInputs {
  /** Which parameters share a row, and which decay. */
  readonly form: string;
  #settings: AdamWSettings[] = [];
  #places = new Map<string, number>();

  /** Those of each parameter. */
  constructor(settings: readonly AdamWSettings[]) {
    this.form = settings
      .map((each) => `${this.#placeOf(each)}${each.weightDecay === 0 ? "" : "d"}`)
      .join(",");
  }

  #placeOf(settings: AdamWSettings): number {
    const label = ratesLabel(settings);
    let place = this.#places.get(label);
    if (place === undefined) {
      place = this.#settings.push(settings) - 1;
      this.#places.set(label, place);
    }
    return place;
  }

  nameOf(label: string): string | null {
    const place = this.#places.get(label);
    return place === undefined ? null : `rates ${place}`;
  }

  numbersOf(name: string): number[] {
    return ratesNumbers(this.#settings[Number(name.slice("rates ".length))]);
  }
}
