import { FrostError } from "../errors";
import { Parameter } from "../nn/Parameter";
import type { Stage } from "../nn/Stage";
import type { Stored } from "../nn/Stored";
import type { Take } from "./Family";
import type { Wanted } from "./storedNames";

/** What a model has below its head, by name and shape, before anything of it is loaded. */
export function wantedTensors(stagesOf: (take: Take) => Stage[]): Wanted[] {
  const stages = stagesOf((name, shape) => new Parameter(name, nothingOf(shape)));
  const below = stages.slice(0, -1).flatMap(({ parameters }) => parameters);
  return [...new Set(below)].map(({ name, shape }) => ({ name, shape }));
}

function nothingOf(shape: number[]): Stored {
  const none = (): never => {
    throw new FrostError("a tensor that stands for its name and shape was read");
  };
  return {
    shape,
    byRows: false,
    read: none,
    rows: none,
    data: none,
    pieces: none,
    clone: none,
    dispose() {},
  };
}
