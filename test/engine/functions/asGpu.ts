import { after, before, describe } from "node:test";
import type { FunctionRunner } from "../../../src/engine/functions/FunctionRunner";
import { whyNoFunctions } from "../../../src/engine/functions/loadFunctions";
import { recording } from "../../../src/engine/recorder/recording";
import { useEngine } from "../../../src/engine/useEngine";
import { enginesHere } from "../../enginesHere";

/** Why functions cannot be tried here, or null. */
export const whyNot = (): string | null => enginesHere().tensorflow.why ?? whyNoFunctions();

/** A file's tests on engine tensorflow as it would compute on a GPU: the first of the file, as a process has one TensorFlow. */
export function asOnGpu(title: string, tests: () => void): void {
  const { FROSTKIT_AS_GPU } = process.env;
  describe(`${title}, as on a GPU, on tensorflow`, { skip: whyNot() ?? false }, () => {
    before(async () => {
      process.env.FROSTKIT_AS_GPU = "1";
      await useEngine("tensorflow");
    });
    after(() => {
      if (FROSTKIT_AS_GPU === undefined) delete process.env.FROSTKIT_AS_GPU;
    });
    tests();
  });
}

/** The device that the engine in use keeps tensors on. */
export const deviceInUse = () => recording()!.recorder.device as FunctionRunner["device"];
