import type { RunIdentity } from "./runIdentity";

/** By what else the run that a state is of was computed than the one that begins now, in words; null where it is the same. */
export function computedOtherwise(there: RunIdentity, here: RunIdentity): string | null {
  const engine = ({ name, versions }: RunIdentity["engine"]) =>
    [name, ...Object.entries(versions).flat()].join(" ");
  if (engine(there.engine) !== engine(here.engine))
    return `engine ${engine(there.engine)}, here ${engine(here.engine)}`;
  return there.kit === here.kit ? null : "another version of the kit's code";
}
