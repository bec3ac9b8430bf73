import { homedir } from "node:os";
import { InputError } from "../../errors";
import { inspectTensorflow } from "./inspectTensorflow";
import { pythonPath } from "./pythonPath";
import type { Tensorflow } from "./Tensorflow";
import { tensorflowFolders } from "./tensorflowFolders";

interface Found {
  /** The first that can be linked to; null where there is none. */
  tensorflow: Tensorflow | null;
  /** Why those before it cannot, a line for each. */
  unfit: string[];
}

/**
 * Looks for a TensorFlow to link to. FROSTKIT_TENSORFLOW names its folder, and then no other is taken; else the places of
 * {@link tensorflowFolders} are gone through.
 */
export async function findTensorflow(): Promise<Found> {
  const named = process.env.FROSTKIT_TENSORFLOW;
  if (named) {
    const tensorflow = inspectTensorflow(named);
    if (tensorflow === null)
      throw new InputError(
        `FROSTKIT_TENSORFLOW: expected a folder that holds TensorFlow (such as site-packages/tensorflow), got ${named}`,
      );
    return { tensorflow, unfit: [] };
  }
  const places = { env: process.env, home: homedir(), root: "/", pythonPath: await pythonPath() };
  return firstFit(tensorflowFolders(places));
}

/** The first of these folders with a TensorFlow that can be linked to. */
export function firstFit(folders: string[]): Found {
  const unfit: string[] = [];
  for (const folder of folders) {
    try {
      const tensorflow = inspectTensorflow(folder);
      if (tensorflow) return { tensorflow, unfit };
    } catch (error) {
      unfit.push((error as Error).message);
    }
  }
  return { tensorflow: null, unfit };
}
