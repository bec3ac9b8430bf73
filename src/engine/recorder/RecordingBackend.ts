import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../../errors";
import { Graph } from "./Graph";
import type { Runner } from "./Program";
import { Recorder } from "./Recorder";
import { ARRAYS, type Dtype, Value } from "./Value";

type Values = tf.backend_util.BackendValues;

/** What a tensor's data is: numbers or, carried through as they are since no operation takes them, texts. */
interface Data {
  held: Value | Values;
  /** How many tensors share it. */
  refs: number;
}

/** A tfjs backend that computes nothing by itself: a recorder does, once numbers are asked for. */
export class RecordingBackend extends tf.KernelBackend {
  readonly graph: Graph;
  readonly recorder: Recorder;
  #data = new tf.DataStorage<Data>(this, tf.engine());

  constructor(runner: Runner) {
    super();
    this.recorder = new Recorder(runner);
    this.graph = new Graph(this.recorder, this);
  }

  override write(values: Values, shape: number[], dtype: tf.DataType): object {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(dataId: object, values: Values, shape: number[], dtype: tf.DataType, refs: number): void {
    if (dtype === "string") {
      this.#data.set(dataId, { held: values, refs });
      return;
    }
    const value = this.recorder.written(known(dtype), shape.slice(), values as unknown as ArrayLike<number>);
    this.recorder.hold(value, refs);
    this.#data.set(dataId, { held: value, refs });
  }

  /** What a tensor holds, in the tensor's own shape. */
  valueIn({ dataId, shape }: tf.TensorInfo): Value {
    const value = this.#held(dataId);
    return tf.util.arraysEqual(value.shape, shape) ? value : this.graph.reshape(value, shape.slice());
  }

  #held(dataId: object): Value {
    const { held } = this.#data.get(dataId);
    if (held instanceof Value) return held;
    throw new InputError("engine onnxruntime computes with numbers, and got a tensor of texts");
  }

  /** What tfjs makes a tensor of, in another shape where one is given. */
  infoOf(value: Value, shape: number[] = value.shape): tf.TensorInfo {
    const dataId = {};
    const held = value.viewed ?? value;
    this.recorder.hold(held);
    this.#data.set(dataId, { held, refs: 1 });
    return { dataId, shape, dtype: value.dtype as tf.DataType };
  }

  /** The same data once more, in another shape where one is given. */
  shared({ dataId, shape, dtype }: tf.TensorInfo, as: number[] = shape): tf.TensorInfo {
    this.incRef(dataId);
    return { dataId, shape: as, dtype };
  }

  /** Whether a tensor alone holds its value. */
  isOnly({ dataId }: tf.TensorInfo): boolean {
    return this.#held(dataId).refs === 1;
  }

  /** `tensor`, which alone holds its value, holds `value` from now on: in the same array, where nothing stands against it. */
  replace({ dataId }: tf.TensorInfo, value: Value): void {
    this.recorder.replace(this.#held(dataId), value);
    this.#data.get(dataId).held = value;
  }

  override refCount(dataId: object): number {
    return this.#data.has(dataId) ? this.#data.get(dataId).refs : 0;
  }

  override incRef(dataId: object): void {
    const data = this.#data.get(dataId);
    data.refs++;
    if (data.held instanceof Value) this.recorder.hold(data.held);
  }

  override disposeData(dataId: object, force = false): boolean {
    if (!this.#data.has(dataId)) return true;
    const data = this.#data.get(dataId);
    const released = force ? data.refs : 1;
    data.refs -= released;
    if (data.held instanceof Value) this.recorder.release(data.held, released);
    if (data.refs > 0) return false;
    this.#data.delete(dataId);
    return true;
  }

  override async read(dataId: object): Promise<Values> {
    return this.readSync(dataId);
  }

  override readSync(dataId: object): Values {
    const { held } = this.#data.get(dataId);
    return held instanceof Value ? (this.recorder.numbers(held).slice() as Values) : held;
  }

  override numDataIds(): number {
    return this.#data.numDataIds();
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override timerAvailable(): boolean {
    return false;
  }

  override dispose(): void {
    this.recorder.dispose();
  }
}

function known(dtype: string): Dtype {
  if (dtype in ARRAYS) return dtype as Dtype;
  throw new InputError(
    `engine onnxruntime: expected a tensor of float32, int32 or bool, got one of ${dtype}`,
  );
}
