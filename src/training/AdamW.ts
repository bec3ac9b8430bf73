import * as tf from "@tensorflow/tfjs-core";
import { Replays } from "../engine/recorder/Replays";
import { computeNow, staysOnDevice } from "../engine/recorder/recording";
import { uploadZeros } from "../engine/upload";
import type { Parameter } from "../nn/Parameter";
import { type AdamWSettings, type AdamWUpdate, adamWUpdate } from "../ops/adamW/adamWUpdate";
import { UpdateRates } from "./UpdateRates";

export interface AdamWOptions {
  betas?: [number, number];
  eps?: number;
}

/** What one update of one parameter uses. */
export interface Rates {
  learningRate: number;
  weightDecay: number;
}

type Gradient = [Parameter, tf.Tensor];

/** Several small parameters at a time, but not so many that all values are in memory twice; all where a device writes over them. */
function inGroups(gradients: Gradient[]): Gradient[][] {
  if (staysOnDevice()) return [gradients];
  const groups: Gradient[][] = [];
  let room = 0;
  for (const gradient of gradients) {
    const { size } = gradient[1];
    if (size > room || groups.length === 0) {
      groups.push([]);
      room = 2 ** 21;
    }
    groups[groups.length - 1].push(gradient);
    room -= size;
  }
  return groups;
}

/** What the optimizer knows of a parameter. */
export interface Moments {
  /** Updates so far. */
  step: number;
  mean: tf.Tensor;
  square: tf.Tensor;
}

interface OwnMoments extends Moments {
  /** What the last update made of the parameter. */
  value: tf.Tensor;
}

/**
 * AdamW with its moments kept by parameter name: parameters may be frozen and thawed between steps; those that stay keep their
 * moments, those that join start from zero, as if the optimizer had just met them. Owns the moments until `dispose()`.
 */
export class AdamW {
  #betas: [number, number];
  #eps: number;
  #moments = new Map<string, OwnMoments>();
  #replays = new Replays<Parameter>();

  constructor({ betas = [0.9, 0.999], eps = 1e-8 }: AdamWOptions = {}) {
    this.#betas = betas;
    this.#eps = eps;
  }

  /**
   * Moves each parameter against its gradient, scaled by `gradientScale`: a number, or a scalar that was computed, which leaves all as
   * it was where it is 0. An engine that records waits with the latter until something is read. The gradients stay the caller's.
   */
  step(
    gradients: Map<Parameter, tf.Tensor>,
    rates: (parameter: Parameter) => Rates,
    gradientScale: number | tf.Tensor = 1,
  ): void {
    const all = [...gradients];
    const update = () => {
      for (const group of inGroups(all)) this.#update(group, rates, gradientScale);
    };
    if (typeof gradientScale !== "number" || !this.#replays.arePossible) {
      update();
      if (typeof gradientScale === "number") computeNow();
      return;
    }
    const parameters = all.map(([parameter]) => parameter);
    const sharing = this.ratesOf(parameters, rates, gradientScale);
    const form = `${sharing.form} ${parameters.map(({ name }) => name)}`;
    const tensors = [...this.tensorsOf(parameters), ...gradients.values()];
    const { replayed } = this.#replays.run(form, tensors, sharing, () => {
      update();
      return { results: [], notes: [] };
    });
    if (replayed) this.advance(parameters);
    else computeNow();
  }

  /** The numbers that an update of these parameters goes in with. */
  ratesOf(
    parameters: readonly Parameter[],
    rates: (parameter: Parameter) => Rates,
    gradientScale = 1,
  ): UpdateRates {
    return new UpdateRates(parameters.map((parameter) => this.#settingsOf(parameter, rates, gradientScale)));
  }

  #settingsOf(
    parameter: Parameter,
    rates: (parameter: Parameter) => Rates,
    gradientScale: number,
  ): AdamWSettings {
    const { learningRate, weightDecay } = rates(parameter);
    return {
      learningRate,
      weightDecay,
      betas: this.#betas,
      eps: this.#eps,
      step: this.steps(parameter.name) + 1,
      gradientScale,
    };
  }

  /** What an update of these parameters writes over, as far as it is there. */
  tensorsOf(parameters: readonly Parameter[]): tf.Tensor[] {
    return parameters.flatMap(({ name, value }) => {
      const moments = this.#moments.get(name);
      return moments ? [value, moments.mean, moments.square] : [value];
    });
  }

  /** Takes note of an update that was made where these parameters and their moments lie. */
  advance(parameters: readonly Parameter[]): void {
    for (const parameter of parameters) {
      parameter.assign(parameter.value);
      this.#moments.get(parameter.name)!.step++;
    }
  }

  /** Takes back that these parameters were updated: the scale was 0, or the update was never made. */
  takeBack(parameters: Iterable<Parameter>): void {
    for (const { name } of parameters) {
      const moments = this.#moments.get(name)!;
      if (--moments.step > 0) continue;
      tf.dispose([moments.mean, moments.square]);
      this.#moments.delete(name);
    }
  }

  #update(
    group: Gradient[],
    rates: (parameter: Parameter) => Rates,
    gradientScale: number | tf.Tensor,
  ): void {
    const isNumber = typeof gradientScale === "number";
    const updates = group.map(([parameter, gradient]): AdamWUpdate => {
      const moments = this.#moments.get(parameter.name);
      return {
        state: {
          value: parameter.value,
          mean: moments?.mean ?? uploadZeros(gradient.shape),
          square: moments?.square ?? uploadZeros(gradient.shape),
        },
        gradient,
        settings: this.#settingsOf(parameter, rates, isNumber ? gradientScale : 1),
        // What the optimizer has not made itself may lie in somebody's array.
        ownValue: moments?.value === parameter.value,
      };
    });
    adamWUpdate(updates, isNumber ? null : gradientScale).forEach(({ value, mean, square }, i) => {
      const { state, settings } = updates[i];
      const [parameter] = group[i];
      parameter.assign(value);
      if (mean !== state.mean) state.mean.dispose();
      if (square !== state.square) state.square.dispose();
      this.#moments.set(parameter.name, {
        step: settings.step,
        value,
        mean: tf.keep(mean),
        square: tf.keep(square),
      });
    });
  }

  /** How many updates a parameter has had. */
  steps(name: string): number {
    return this.#moments.get(name)?.step ?? 0;
  }

  /** By parameter name; the tensors stay the optimizer's. */
  get moments(): ReadonlyMap<string, Moments> {
    return this.#moments;
  }

  /**
   * Goes on from a parameter's moments of an earlier run; takes ownership of the tensors. Its value is one that an update may change
   * where it lies.
   */
  restore({ name, value }: Parameter, { step, mean, square }: Moments): void {
    this.#moments.set(name, { step, mean: tf.keep(mean), square: tf.keep(square), value });
  }

  dispose(): void {
    for (const { mean, square } of this.#moments.values()) tf.dispose([mean, square]);
    this.#moments.clear();
  }
}
