import * as tf from "@tensorflow/tfjs-core";
import { FrostError } from "../../errors";
import type { OnnxBuilder } from "../OnnxBuilder";
import type { OnnxAttribute } from "../onnxMessages";
import { dataTypes } from "../onnxProto";
import type { Body } from "./Node";
import { OPERATORS, OPSET } from "./operators";
import type { Recorder } from "./Recorder";
import type { RecordingBackend } from "./RecordingBackend";
import { type Dtype, type Kind, sizeOf, Value } from "./Value";

/** A tensor, or a value that no tensor holds. */
export type Input = tf.TensorInfo | Value;

const LAST = 2 ** 31 - 1;

/** What kernels write down with: ONNX's operators between tensors and values. */
export class Graph implements OnnxBuilder<Value, Input> {
  readonly opset = OPSET;
  readonly recorder: Recorder;
  readonly #backend: RecordingBackend;

  constructor(recorder: Recorder, backend: RecordingBackend) {
    this.recorder = recorder;
    this.#backend = backend;
  }

  value(input: Input): Value {
    return input instanceof Value ? input : this.#backend.valueIn(input);
  }

  /** A tensor of what a kernel of tfjs gives back. */
  info(value: Value, shape?: number[]): tf.TensorInfo {
    return this.#backend.infoOf(value, shape);
  }

  /** In another shape, where one is given. */
  tensor(value: Value, shape?: number[]): tf.Tensor {
    return tf.engine().makeTensorFromTensorInfo(this.info(value, shape));
  }

  /** The same data once more, in another shape where one is given. */
  shared(x: tf.TensorInfo, shape?: number[]): tf.TensorInfo {
    return this.#backend.shared(x, shape);
  }

  /** `tensor` holds `value` from now on. */
  replace(tensor: tf.Tensor, value: Value): tf.Tensor {
    this.#backend.replace(tensor, value);
    return tensor;
  }

  /** Whether no other tensor shares a tensor's data. */
  isOnly(tensor: tf.Tensor): boolean {
    return this.#backend.isOnly(tensor);
  }

  /** Has a tensor's numbers lie where programs run, now. */
  upload(tensor: tf.TensorInfo): void {
    const { numbersOf } = this.value(tensor);
    if (this.recorder.device) numbersOf.literal = false;
    this.recorder.upload(numbersOf);
  }

  // --- Operators

  /** One of those whose output follows from the inputs. */
  op(type: string, inputs: (Input | undefined)[], attributes: Record<string, OnnxAttribute> = {}): Value {
    const operator = OPERATORS[type];
    if (!operator)
      throw new FrostError(`engine onnxruntime: what comes of the operator ${type} is not known`);
    const values = inputs.filter((input) => input !== undefined).map((input) => this.value(input));
    const { domain } = operator;
    return this.recorder.record(type, values, [operator.infer(values, attributes)], attributes, {
      domain,
    })[0];
  }

  /** Any other, of whose output the kind is told. */
  make(
    type: string,
    inputs: (Input | null)[],
    kind: Kind,
    attributes: Record<string, OnnxAttribute> = {},
  ): Value {
    return this.several(type, inputs, [kind], attributes)[0];
  }

  several(
    type: string,
    inputs: (Input | null)[],
    kinds: Kind[],
    attributes: Record<string, OnnxAttribute> = {},
    body: Body | null = null,
  ): Value[] {
    const values = inputs.map((input) => (input === null ? null : this.value(input)));
    return this.recorder.record(type, values, kinds, attributes, { body });
  }

  float(x: number): Value {
    return this.number("float32", x);
  }

  int(x: number): Value {
    return this.number("int64", x);
  }

  ints(...numbers: number[]): Value {
    return this.recorder.constant("int64", [numbers.length], numbers);
  }

  number(dtype: Dtype, x: number): Value {
    return this.recorder.scalar(dtype, x);
  }

  sizes(...sizes: number[]): Value {
    return this.recorder.sizes(sizes);
  }

  // --- Shapes

  reshape(x: Input, shape: number[]): Value {
    const value = this.value(x);
    return this.recorder.reshaped(value, shape, () =>
      this.make(
        "Reshape",
        [value, this.sizes(...shape)],
        { dtype: value.dtype, shape },
        { allowzero: { int: 1 } },
      ),
    );
  }

  /** Once for all that reads it: backward reads what forward has transposed. */
  transpose(x: Input, ...perm: number[]): Value {
    const value = this.value(x);
    return this.recorder.once(value, `transposed ${perm}`, () =>
      this.op("Transpose", [value], { perm: { ints: perm } }),
    );
  }

  expand(x: Input, shape: number[]): Value {
    return this.make("Expand", [x, this.sizes(...shape)], { dtype: this.value(x).dtype, shape });
  }

  slice(x: Input, axis: number, start: number, end: number): Value {
    const { shape } = this.value(x);
    const along = <Number>(others: (size: number) => Number, own: Number) =>
      shape.map((size, i) => (i === axis ? own : others(size)));
    return this.block(
      x,
      along(() => 0, start),
      along((size) => size, end - start),
    );
  }

  /** What lies from `from` on, on all axes. */
  block(x: Input, from: readonly number[], sizes: readonly number[]): Value {
    const { dtype } = this.value(x);
    const ends = from.map((start, i) => start + sizes[i]);
    return this.make("Slice", [x, this.sizes(...from), this.sizes(...ends)], { dtype, shape: [...sizes] });
  }

  /** Every `strides[axis]`th; a negative stride goes from `from` to after `to`, which is -1 for all. */
  stride(x: Input, from: number[], to: number[], strides: number[], shape: number[]): Value {
    const { dtype } = this.value(x);
    const ends = to.map((end, i) => (strides[i] < 0 && end < 0 ? -LAST : end));
    const inputs = [
      x,
      this.sizes(...from),
      this.sizes(...ends),
      this.ints(...from.map((_, i) => i)),
      this.ints(...strides),
    ];
    return this.make("Slice", inputs, { dtype, shape });
  }

  pad(x: Input, paddings: readonly (readonly [number, number])[], constant = 0): Value {
    const { dtype, shape } = this.value(x);
    const pads = this.sizes(...paddings.map(([before]) => before), ...paddings.map(([, after]) => after));
    const to = shape.map((size, i) => size + paddings[i][0] + paddings[i][1]);
    return this.make("Pad", [x, pads, this.number(dtype, constant)], { dtype, shape: to });
  }

  zeros(dtype: Dtype, shape: number[]): Value {
    return this.filled(dtype, shape, 0);
  }

  filled(dtype: Dtype, shape: number[], number: number): Value {
    if (shape.length === 0) return this.recorder.written(dtype, shape, [number]);
    return this.make("Expand", [this.number(dtype, number), this.sizes(...shape)], { dtype, shape });
  }

  cast(x: Input, dtype: Dtype): Value {
    const value = this.value(x);
    if (value.dtype === dtype) return value;
    return this.make("Cast", [value], { dtype, shape: value.shape }, { to: { int: dataTypes[dtype] } });
  }

  /** A reduction over some axes: ReduceSum and its like. */
  reduce(type: string, x: Input, axes: readonly number[], keep: boolean): Value {
    const { dtype, shape } = this.value(x);
    const to = shape.flatMap((size, i) => (axes.includes(i) ? (keep ? [1] : []) : [size]));
    if (type === "ReduceSum" && sizeOf(shape) === 0) return this.zeros(dtype, to);
    const attributes = { keepdims: { int: +keep }, noop_with_empty_axes: { int: 1 } };
    return this.make(type, [x, this.ints(...axes)], { dtype, shape: to }, attributes);
  }
}
