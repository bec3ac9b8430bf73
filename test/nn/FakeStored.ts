import * as tf from "@tensorflow/tfjs-core";
import type { Stored } from "../../src/nn/Stored";

/** Values that count as stored; it and its clones tell together what was asked of them and who holds them. */
export class FakeStored implements Stored {
  byRows = true;

  constructor(
    readonly shape: number[],
    private readonly values: number[],
    readonly log: string[] = [],
    private readonly holders = new Set<FakeStored>(),
  ) {
    holders.add(this);
  }

  get held(): number {
    return this.holders.size;
  }

  read(): tf.Tensor {
    this.log.push("read");
    return tf.tensor(this.values, this.shape);
  }

  rows(ids: tf.Tensor1D): tf.Tensor {
    this.log.push("rows");
    return tf.tidy(() => tf.gather(tf.tensor(this.values, this.shape), ids));
  }

  data(): Float32Array {
    this.log.push("data");
    return Float32Array.from(this.values);
  }

  *pieces(): Generator<Float32Array> {
    this.log.push("pieces");
    // One array for all, as a file's are read into.
    const piece = new Float32Array(1);
    for (const value of this.values) {
      piece[0] = value;
      yield piece;
    }
  }

  clone(): FakeStored {
    return new FakeStored(this.shape, this.values, this.log, this.holders);
  }

  dispose(): void {
    this.holders.delete(this);
  }
}
