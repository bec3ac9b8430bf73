import { createHash } from "node:crypto";
import type { Parameter } from "./Parameter";

const known = new WeakMap<Parameter, { stamp: number; hash: string }>();

/** SHA-256 over a parameter's name, shape and present values; computed once until it changes. What is unread stays so. */
export async function parameterHash(parameter: Parameter): Promise<string> {
  const { name, shape, stamp, stored } = parameter;
  const last = known.get(parameter);
  if (last?.stamp === stamp) return last.hash;
  const hash = createHash("sha256").update(`${name}[${shape}]`);
  for (const { buffer, byteOffset, byteLength } of stored?.pieces() ?? [await parameter.data()])
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  const digest = hash.digest("hex");
  known.set(parameter, { stamp, hash: digest });
  return digest;
}
