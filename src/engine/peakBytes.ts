import * as tf from "@tensorflow/tfjs-core";

interface Buffer {
  dtype: tf.DataType;
  shape: number[];
}

/** tfjs's register of data buffers: one entry however many tensors share the data. */
interface Register {
  get(data: object): Buffer | undefined;
  has(data: object): boolean;
  set(data: object, buffer: Buffer): this;
  delete(data: object): boolean;
}

interface State {
  tensorInfo: Register;
  numBytes: number;
}

/**
 * Starts measuring the most bytes that tensors' data have held at once, counting from what is alive now; returns the reading so
 * far. Exact: every buffer passes tfjs's register, which is watched. Unlike `tf.memory().numBytes`, data that several tensors
 * share, as a tensor and its clone, count once (TensorFlow's reshaped views twice: tfjs cannot see that they share).
 */
export function peakBytes(): () => number {
  const meter = watchBytes();
  meter.peak = meter.current;
  return () => meter.peak;
}

const meters = new WeakMap<Register, Meter>();

/** Begins to watch, so that what is made from now on is counted; what is alive already counts as tfjs counts it. */
export function watchBytes(): Meter {
  const { state } = tf.engine() as unknown as { state: State };
  const known = meters.get(state.tensorInfo);
  if (known) return known;
  const meter = new Meter(state.tensorInfo, state.numBytes);
  state.tensorInfo = meter;
  meters.set(meter, meter);
  return meter;
}

class Meter implements Register {
  peak: number;

  constructor(
    private readonly register: Register,
    public current: number,
  ) {
    this.peak = current;
  }

  get(data: object): Buffer | undefined {
    return this.register.get(data);
  }

  has(data: object): boolean {
    return this.register.has(data);
  }

  set(data: object, buffer: Buffer): this {
    if (!this.register.has(data)) this.current += bytesOf(buffer);
    this.peak = Math.max(this.peak, this.current);
    this.register.set(data, buffer);
    return this;
  }

  delete(data: object): boolean {
    const buffer = this.register.get(data);
    if (buffer) this.current -= bytesOf(buffer);
    return this.register.delete(data);
  }
}

const bytesOf = ({ dtype, shape }: Buffer): number =>
  dtype === "string" || dtype === "complex64"
    ? 0
    : tf.util.sizeFromShape(shape) * tf.util.bytesPerElement(dtype);
