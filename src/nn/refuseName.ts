import { InputError } from "../errors";

/** Makes a name that objects do not have one that throws when it is read or set: JavaScript would do nothing at all. */
export function refuseName(prototype: object, name: string, advice: string): void {
  const refuse = () => {
    throw new InputError(`${name}: ${advice}`);
  };
  Object.defineProperty(prototype, name, { get: refuse, set: refuse });
}
