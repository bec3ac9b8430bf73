import type { RunIdentity } from "../../src/training/runIdentity";
import { StateFolder } from "../../src/training/StateFolder";

type Change = Partial<RunIdentity>;

/** Writes the newest state in a folder once more, as if the run that it is of had been another in something. */
export async function changeState(
  folder: string,
  change: Change | ((identity: RunIdentity) => Change),
): Promise<void> {
  const states = new StateFolder<{ identity: RunIdentity }>(folder);
  const { facts, shapes, read, close } = states.open(() => {})!;
  const { identity } = facts;
  const changed = { ...identity, ...(typeof change === "function" ? change(identity) : change) };
  const tensors = [...shapes].map(([name, shape]) => ({ name, shape, data: () => read(name) }));
  await states.write({ ...facts, identity: changed }, tensors);
  close();
}
