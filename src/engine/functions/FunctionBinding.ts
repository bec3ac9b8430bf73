/** A tensor that TensorFlow keeps, on the device where it was made. */
export type DeviceTensor = object;

/** Numbers that go in with a call. */
export type Row = Int32Array | Float32Array;

/** The addon that native/functions.cc is compiled to; types are TensorFlow's numbers for them. It throws what TensorFlow says. */
export interface FunctionBinding {
  /** SHA-256 of the source it was compiled from. */
  sources: string;
  /** "/job:localhost/replica:0/task:0/device:CPU:0" */
  devices(): string[];
  upload(type: number, shape: readonly number[], numbers: ArrayBufferView, device: string): DeviceTensor;
  read(tensor: DeviceTensor): ArrayBuffer;
  /** To be called once for each; what is collected as garbage before is freed then. */
  free(tensors: readonly DeviceTensor[]): void;
  /** Adds a function of a `GraphDef`; inputs and outputs are "node:place". */
  define(name: string, graph: Uint8Array, inputs: readonly string[], outputs: readonly string[]): void;
  remove(name: string): void;
  /** Frees tensors, then runs a function; arrays among its inputs go in as rows. */
  call(
    name: string,
    inputs: readonly (DeviceTensor | Row)[],
    outputs: number,
    device: string,
    freed: readonly DeviceTensor[],
  ): DeviceTensor[];
}
