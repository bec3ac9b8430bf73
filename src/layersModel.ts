import { refuseName, shown } from "./check";
import { InputError } from "./errors";
import {
  adapters,
  closeNames,
  type LayersModelLike,
  type NamedParameter,
  type ParameterModel,
} from "./freeze";
import { checkArguments } from "./options/checkArguments";
import { noOptions } from "./options/noOptions";

/** A tfjs `LayersModel` whose weights freeze one by one. */
export interface FreezableLayersModel extends ParameterModel {
  /** The parameter of exactly that name, `dense_1/kernel`. Throws an InputError when there is none. */
  parameter(name: string): NamedParameter;
}

/**
 * Makes a tfjs `LayersModel` one that `listParams`, `freezeWhere` and the others work on. They also take the `LayersModel`
 * itself and call this. Names are those its weights are saved under; a batch norm's moving averages are state, not parameters.
 *
 * It holds before and after `compile`, which need not be called again, and from one batch to the next: the optimizer's
 * moments stay with their weights. A frozen batch norm also keeps its moving averages and normalises by them, as in Keras.
 *
 * @throws InputError when `model` is no LayersModel or has no weights yet
 * @example
 * ```ts
 * import * as tf from "@tensorflow/tfjs";
 * import { freezeWhere, fromLayersModel } from "frostkit";
 *
 * const layers = [tf.layers.dense({ units: 4, inputShape: [2], name: "dense_1" }), tf.layers.dense({ units: 1, name: "dense_2" })];
 * const model = tf.sequential({ layers });
 * freezeWhere(model, "dense_1/");                                   // kernel and bias
 * fromLayersModel(model).parameter("dense_2/bias").requiresGrad = false;
 * model.compile({ optimizer: "sgd", loss: "meanSquaredError" });
 * await model.fit(tf.ones([8, 2]), tf.ones([8, 1]));                // leaves them bit for bit as they were
 * ```
 */
export function fromLayersModel(model: LayersModelLike): FreezableLayersModel;
export function fromLayersModel(model: LayersModelLike, ...more: unknown[]): FreezableLayersModel {
  noOptions("fromLayersModel", more);
  checkArguments("fromLayersModel", { model });
  let adapted = adaptedModels.get(model);
  if (!adapted) {
    adapted = adapt(model as LayersModel);
    adaptedModels.set(model, adapted);
  }
  return adapted;
}

const adaptedModels = new WeakMap<object, FreezableLayersModel>();
adapters.push((model) => (isLayersModel(model) ? fromLayersModel(model) : undefined));

// The part of tfjs-layers 4.22 used here. What starts with _ and collectedTrainableWeights are private in its types.

interface Weight {
  /** Unique among all variables of the process. */
  readonly name: string;
  /** As saved. */
  readonly originalName: string;
  readonly shape: number[];
  trainable: boolean;
}

interface Layer {
  readonly name: string;
  /** Setting it sets `trainable` of its own weights too. */
  trainable: boolean;
  /** Its own and those of the layers in it. */
  readonly weights: Weight[];
  readonly trainableWeights: Weight[];
  /** Its own: what was made to be learned, whether it is now or not, and what was not. */
  readonly _trainableWeights: Weight[];
  readonly _nonTrainableWeights: Weight[];
  build(inputShape?: unknown): void;
  call(inputs: unknown, kwargs: object): unknown;
  // The layers in it, if it is a model, stacked cells, an RNN, a wrapper, a Bidirectional; `model` if it is a Sequential.
  readonly layers?: Layer[];
  readonly cells?: Layer[];
  readonly cell?: Layer;
  readonly layer?: Layer;
  readonly forwardLayer?: Layer;
  readonly backwardLayer?: Layer;
  readonly model?: LayersModel;
}

interface LayersModel extends Layer {
  readonly layers: Layer[];
  readonly optimizer?: Optimizer;
  /** What `fit` trains: `trainableWeights` at the time of `compile`. */
  collectedTrainableWeights?: Weight[];
}

interface Optimizer {
  applyGradients(gradients: Gradient[] | Record<string, unknown>): void;
}

interface Gradient {
  name: string;
  tensor: unknown;
}

function isLayersModel(model: object): model is LayersModel {
  return "layers" in model && Array.isArray(model.layers) && "trainableWeights" in model;
}

/** A Sequential trains through a model of its own, made when it is built. */
function engineOf(model: LayersModel): LayersModel {
  return model.model ?? model;
}

class LayerParameter implements NamedParameter {
  readonly #model: LayersModel;
  readonly #owner: Layer;
  readonly #weight: Weight;

  constructor(model: LayersModel, owner: Layer, weight: Weight) {
    this.#model = model;
    this.#owner = owner;
    this.#weight = weight;
  }

  get shape(): number[] {
    return this.#weight.shape;
  }

  get requiresGrad(): boolean {
    return this.#weight.trainable && engineOf(this.#model).trainableWeights.includes(this.#weight);
  }

  set requiresGrad(requiresGrad: boolean) {
    if (typeof requiresGrad !== "boolean")
      throw new InputError(
        `${this.#weight.originalName}: requiresGrad: expected true or false, got ${shown(requiresGrad)}`,
      );
    if (requiresGrad) unlock(this.#model);
    this.#weight.trainable = requiresGrad;
    recollect(engineOf(this.#model));
    rest(this.#owner);
  }
}

for (const name of ["requires_grad", "trainable"])
  refuseName(LayerParameter.prototype, name, "a parameter's flag is called requiresGrad");

function adapt(model: LayersModel): FreezableLayersModel {
  const parameters = new Map<Weight, LayerParameter>();
  // What a custom layer shows as trainable without having made it; once frozen, it may show it no more.
  const strays = new Map<Weight, Place>();
  for (const layer of layersIn(model).keys()) if (layer.layers) keepFlagsWhenBuilt(layer);

  function namedParameters(): [string, NamedParameter][] {
    const owned = ownedWeights(model);
    for (const weight of model.trainableWeights)
      if (!owned.has(weight)) strays.set(weight, { owner: model, path: "" });
    const named = new Map<string, NamedParameter>();
    for (const [weight, { owner, path }] of [...owned, ...strays]) {
      const parameter = parameters.get(weight) ?? new LayerParameter(model, owner, weight);
      parameters.set(weight, parameter);
      // Nested models may each hold a dense_1, and tfjs saves both as dense_1/kernel.
      const { name, originalName } = weight;
      const free = [originalName, path + originalName, name].find((candidate) => !named.has(candidate));
      named.set(free ?? name, parameter);
    }
    if (named.size === 0) throw new InputError(`${model.name} has no weights: add its layers first`);
    return [...named];
  }

  function parameter(name: string): NamedParameter {
    checkArguments("model.parameter", { name });
    const named = new Map(namedParameters());
    const found = named.get(name);
    if (found) return found;
    const names = [...named.keys()];
    const close = closeNames(name, names);
    throw new InputError(
      `${model.name} has no parameter ${JSON.stringify(name)}; close: ${(close.length > 0 ? close : names.slice(0, 3)).join(", ")}`,
    );
  }

  return { namedParameters, parameter };
}

/** The layers of a model, nested ones and itself included, each with the names of the models around it. */
function layersIn(model: Layer): Map<Layer, string> {
  const found = new Map<Layer, string>();
  const visit = (layer: Layer, path: string) => {
    if (found.has(layer)) return;
    found.set(layer, path);
    const {
      layers = [],
      cells = [],
      cell,
      layer: wrapped,
      forwardLayer,
      backwardLayer,
      model: engine,
    } = layer;
    const inner = layer.layers && layer !== model ? `${path}${layer.name}/` : path;
    for (const child of [...layers, ...cells, cell, wrapped, forwardLayer, backwardLayer, engine])
      if (child) visit(child, inner);
  };
  visit(model, "");
  return found;
}

interface Place {
  owner: Layer;
  path: string;
}

/** What the layers of a model were made to learn, in their order. */
function ownedWeights(model: Layer): Map<Weight, Place> {
  const owned = new Map<Weight, Place>();
  for (const [owner, path] of layersIn(model))
    for (const weight of owner._trainableWeights) owned.set(weight, { owner, path });
  return owned;
}

/** Moves `trainable = false` from layers to their weights, so that one weight alone can be set free. */
function unlock(model: LayersModel): void {
  const learning = new Set(engineOf(model).trainableWeights);
  const locked = [...layersIn(model).keys()].filter((layer) => !layer.trainable);
  for (const layer of locked) layer.trainable = true;
  for (const weight of ownedWeights(model).keys()) weight.trainable = learning.has(weight);
}

/** Brings what `compile` gathered up to date. */
function recollect(engine: LayersModel): void {
  const { collectedTrainableWeights: collected, optimizer } = engine;
  if (!collected || !optimizer) return;
  keyByName(optimizer, new Set(collected.map((weight) => weight.name)));
  engine.collectedTrainableWeights = engine.trainableWeights;
}

const keyed = new WeakSet<Optimizer>();

/**
 * tfjs optimizers find a variable's moments by its place in the list of gradients, which freezing and thawing shift. This
 * gives every name its place for good, and no gradient while it is frozen: all of them pass over that.
 */
function keyByName(optimizer: Optimizer, places: Set<string>): void {
  if (keyed.has(optimizer)) return;
  keyed.add(optimizer);
  const applyGradients = optimizer.applyGradients.bind(optimizer);
  optimizer.applyGradients = (gradients) => {
    const given = Array.isArray(gradients)
      ? new Map(gradients.map(({ name, tensor }) => [name, tensor]))
      : new Map(Object.entries(gradients));
    for (const name of given.keys()) places.add(name);
    applyGradients([...places].map((name) => ({ name, tensor: given.get(name) ?? null })));
  };
}

const awake = new WeakMap<Layer, Layer["call"]>();

/** Lets a layer that holds state, such as a batch norm, run as in inference while all its weights are frozen. */
function rest(layer: Layer): void {
  if (layer._nonTrainableWeights.length === 0) return;
  const call = awake.get(layer) ?? layer.call;
  awake.set(layer, call);
  layer.call = layer._trainableWeights.some((weight) => weight.trainable)
    ? call
    : (inputs, kwargs) => call.call(layer, inputs, { ...kwargs, training: false });
}

/** Building a Sequential, as `compile` does, makes all its weights trainable again (tfjs-layers, models.ts, `build`). */
function keepFlagsWhenBuilt(container: Layer): void {
  const build = container.build;
  container.build = (inputShape) => {
    const frozen = [...ownedWeights(container).keys()].filter((weight) => !weight.trainable);
    build.call(container, inputShape);
    for (const weight of frozen) weight.trainable = false;
  };
}
