import { createHash } from "node:crypto";
import type { Parameter } from "./Parameter";

const known = new WeakMap<Parameter, { stamp: number; hash: string }>();

/** SHA-256 over a parameter's name, shape and present values; computed once until it changes. */
export async function parameterHash(parameter: Parameter): Promise<string> {
  const { name, shape, stamp } = parameter;
  const last = known.get(parameter);
  if (last?.stamp === stamp) return last.hash;
  const { buffer, byteOffset, byteLength } = await parameter.value.data();
  const hash = createHash("sha256")
    .update(`${name}[${shape}]`)
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest("hex");
  known.set(parameter, { stamp, hash });
  return hash;
}
