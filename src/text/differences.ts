import { isDeepStrictEqual } from "node:util";
import { shown } from "../check";
import { someOf } from "./someOf";

type Settings = Readonly<Record<string, unknown>>;

/** In which settings `there` differs from `here`, in words: "learningRate 0.001, here 0.01"; null where all are the same. */
export function differences(there: Settings, here: Settings): string | null {
  const said = (value: unknown) => (value === undefined ? "left out" : shown(value));
  const names = Object.keys({ ...there, ...here });
  const found = names
    .filter((name) => !isDeepStrictEqual(there[name], here[name]))
    .map((name) => `${name} ${said(there[name])}, here ${said(here[name])}`);
  return found.length > 0 ? someOf(found, 4) : null;
}
