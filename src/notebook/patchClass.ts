import { isPatched } from "./isPatched";
import { loaded } from "./kernel";

/** Applies a patch to a class's prototype, once to each copy of its module that is loaded. */
export function patchClass<Instance extends object>(
  path: string,
  name: string,
  patch: string,
  apply: (prototype: Instance) => void,
): void {
  for (const exports of loaded<Record<string, { prototype: Instance }>>(path)) {
    const { prototype } = exports[name];
    if (!isPatched(prototype, patch)) apply(prototype);
  }
}
