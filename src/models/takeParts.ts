import type { Norm } from "../nn/layerNorm";
import type { Adaptable, Linear } from "../nn/linear";
import { adapterParameters } from "../nn/lora";
import type { Parameter } from "../nn/Parameter";
import type { Take } from "./Family";

export const takeLinear = (take: Take, name: string, from: number, to: number): Required<Linear> => ({
  weight: take(`${name}.weight`, [to, from], "normal"),
  bias: take(`${name}.bias`, [to], "zeros"),
});

export const takeNorm = (take: Take, name: string, width: number, eps: number): Required<Norm> => ({
  weight: take(`${name}.weight`, [width], "ones"),
  bias: take(`${name}.bias`, [width], "zeros"),
  eps,
});

export const takeTable = (take: Take, name: string, entries: number, width: number): Parameter =>
  take(`${name}.weight`, [entries, width], "normal");

export const parametersOf = (parts: Record<string, Adaptable | Norm>): Parameter[] =>
  Object.values(parts).flatMap((part) => [
    part.weight,
    ...(part.bias ? [part.bias] : []),
    ...("lora" in part && part.lora ? adapterParameters(part.lora) : []),
  ]);
