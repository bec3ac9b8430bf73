import { InputError } from "../../errors";
import { type DType, isCounts } from "../safetensors";
import { Global } from "./unpickle";

/** A class such as `torch.FloatStorage`: the type of a storage's elements. */
class StorageClass extends Global {
  constructor(
    name: string,
    readonly dtype: DType,
  ) {
    super(name);
  }
}

/** A run of elements in the file, of which tensors are views. */
export interface Storage {
  key: string;
  dtype: DType;
  /** How many elements it has. */
  size: number;
}

/** A view of a storage: element [i, j, …] lies at `offset + i · stride[0] + j · stride[1] + …`, all counted in elements. */
export class StoredTensor {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: number[],
    readonly stride: number[],
  ) {}
}

/** What the pickle of a file gives, and the byte at which each storage begins, by its key. */
export interface Pickled {
  value: unknown;
  starts: Map<string, number>;
}

const STORAGES: Record<string, DType> = {
  DoubleStorage: "F64",
  FloatStorage: "F32",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
};

/** The names that a state dict in a file of `torch.save` may refer to. */
export function torchGlobals(path: string): Map<string, Global> {
  const malformed = (what: string) => new InputError(`${path}: malformed: ${what}`);
  const rebuildTensor = (args: unknown[]) => {
    const [storage, offset, shape, stride, , , metadata] = args;
    if (!isStorage(storage) || !isCounts([offset]) || !isCounts(shape) || !isCounts(stride))
      throw malformed("a tensor is not made of a storage, an offset, a shape and strides");
    if (shape.length !== stride.length)
      throw malformed(`a tensor has ${shape.length} sizes and ${stride.length} strides`);
    if (metadata instanceof Map && metadata.size > 0)
      throw malformed("a tensor is a conjugate or negated view, which weights never are");
    return new StoredTensor(storage, offset as number, shape, stride);
  };
  const rebuildParameter = ([tensor]: unknown[]) => {
    if (!(tensor instanceof StoredTensor)) throw malformed("a parameter is not made of a tensor");
    return tensor;
  };
  const orderedDict = (args: unknown[]) => {
    if (args.length > 0) throw malformed("an OrderedDict is made with arguments");
    return new Map();
  };
  const globals = [
    new Global("collections.OrderedDict", orderedDict),
    new Global("torch._utils._rebuild_tensor_v2", rebuildTensor),
    new Global("torch._utils._rebuild_parameter", rebuildParameter),
    ...Object.entries(STORAGES).map(([name, dtype]) => new StorageClass(`torch.${name}`, dtype)),
  ];
  return new Map(globals.map((global) => [global.name, global]));
}

/** The storage that a persistent id describes: `("storage", class, key, device, size)`, in old files with a view of it. */
export function storageOf(path: string, id: unknown): Storage {
  const [kind, type, key, , size, view] = Array.isArray(id) ? id : [];
  if (kind !== "storage" || !(type instanceof StorageClass) || typeof key !== "string" || !isCounts([size]))
    throw new InputError(`${path}: malformed: a persistent id does not describe a storage`);
  if (view !== null && view !== undefined)
    throw new InputError(
      `${path}: holds views of storages, which torch wrote before 0.4: load it in Python and save it anew`,
    );
  return { key, dtype: type.dtype, size };
}

function isStorage(value: unknown): value is Storage {
  return typeof value === "object" && value !== null && "key" in value && "dtype" in value;
}
