import { InputError } from "../errors";
import { isObject } from "../text/json";
import { DEEPEST, nestedTooDeep } from "../text/nestedTooDeep";
import { countElements, type DType, isCounts, storage, type TensorInfo } from "./safetensors";

/**
 * The tensors and metadata that a safetensors header names, in the order of their bytes. Checks all that the format promises:
 * every entry well-formed, sizes that fit shape and type, and tensors that cover the rest of the file without overlap or hole.
 *
 * @param file the file's path, for errors and for `TensorInfo.file`
 * @param header the JSON part alone, without the 8 bytes of its length
 * @param fileBytes the size of the whole file
 * @throws InputError naming the file, the tensor and what is wrong with it
 * @see https://github.com/huggingface/safetensors#format
 */
export function parseSafetensorsHeader(
  file: string,
  header: Uint8Array,
  fileBytes: number,
): { tensors: Map<string, TensorInfo>; metadata: Record<string, string> } {
  const dataStart = 8 + header.length;
  const json = parseJson(file, header);
  let metadata: Record<string, string> = {};
  const tensors: TensorInfo[] = [];
  for (const [name, entry] of Object.entries(json))
    if (name === "__metadata__") metadata = checkMetadata(file, entry);
    else tensors.push(checkEntry(file, name, entry, dataStart, fileBytes));
  tensors.sort((a, b) => a.byteOffset - b.byteOffset || a.byteLength - b.byteLength);
  checkCoverage(file, tensors, dataStart, fileBytes);
  return { tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])), metadata };
}

function parseJson(file: string, header: Uint8Array): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(header);
  } catch {
    throw malformed(file, "is not UTF-8");
  }
  if (!text.startsWith("{"))
    throw malformed(file, `starts with ${JSON.stringify(text.slice(0, 1))}, not with "{"`);
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(text);
  } catch {
    throw malformed(file, "is not JSON");
  }
  if (nestedTooDeep(text)) throw malformed(file, `nests lists and objects more than ${DEEPEST} deep`);
  const twice = findRepeatedKey(text);
  if (twice !== undefined) throw malformed(file, `names ${twice} twice`);
  return json;
}

/** JSON.parse keeps the last of several equal keys without a word; the format forbids them. */
function findRepeatedKey(text: string): string | undefined {
  const seen = new Set<string>();
  let nesting = 0;
  let last = "";
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g))
    if (token === "{" || token === "[") nesting++;
    else if (token === "}" || token === "]") nesting--;
    else if (token !== ":") last = token;
    else if (nesting === 1) {
      const key = JSON.parse(last);
      if (seen.has(key)) return last;
      seen.add(key);
    }
  return undefined;
}

function checkMetadata(file: string, entry: unknown): Record<string, string> {
  if (!isObject(entry)) throw malformed(file, "has a __metadata__ that is not an object");
  for (const [key, value] of Object.entries(entry))
    if (typeof value !== "string")
      throw malformed(file, `has a __metadata__.${key} of type ${typeof value}; only strings are allowed`);
  return entry as Record<string, string>;
}

function checkEntry(
  file: string,
  name: string,
  entry: unknown,
  dataStart: number,
  fileBytes: number,
): TensorInfo {
  const { dtype, shape, data_offsets: offsets } = isObject(entry) ? entry : {};
  if (typeof dtype !== "string" || !isCounts(shape) || !isCounts(offsets) || offsets.length !== 2)
    throw malformed(
      file,
      `gives tensor "${name}" as ${JSON.stringify(entry).slice(0, 100)}; expected {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}`,
    );
  if (!Object.hasOwn(storage, dtype))
    throw new InputError(
      `${file}: tensor "${name}" has type ${dtype}; read here are ${Object.keys(storage).join(", ")}`,
    );
  const [begin, end] = offsets;
  const bytes = countElements(shape) * storage[dtype as DType].BYTES_PER_ELEMENT;
  if (end < begin || end - begin !== bytes)
    throw malformed(
      file,
      `places tensor "${name}" at bytes ${begin} to ${end}, but ${dtype} of shape [${shape}] takes ${bytes}`,
    );
  if (dataStart + end > fileBytes)
    throw new InputError(
      `${file}: tensor "${name}" should end at byte ${dataStart + end} of the file, which has only ${fileBytes}: it is truncated, copy or download it again`,
    );
  return { name, dtype: dtype as DType, shape, file, byteOffset: dataStart + begin, byteLength: bytes };
}

function checkCoverage(file: string, tensors: TensorInfo[], dataStart: number, fileBytes: number): void {
  let covered = dataStart;
  let previous = "";
  for (const { name, byteOffset, byteLength } of tensors) {
    if (byteOffset < covered) throw malformed(file, `lets tensors "${previous}" and "${name}" overlap`);
    if (byteOffset > covered)
      throw malformed(
        file,
        `leaves ${byteOffset - covered} bytes before tensor "${name}" that belong to none`,
      );
    covered = byteOffset + byteLength;
    previous = name;
  }
  if (covered !== fileBytes)
    throw malformed(
      file,
      `describes ${covered} bytes, but the file has ${fileBytes}: ${fileBytes - covered} too many`,
    );
}

function malformed(file: string, what: string): InputError {
  return new InputError(`${file}: malformed safetensors file: its header ${what}`);
}
