import type { Scenario } from "./Scenario";
import { fetched } from "./scenarios/hub";
import { kitRuns, stores } from "./scenarios/kitRuns";
import { native, pack } from "./scenarios/native";
import { exported, finetune, predict, report, sweep } from "./scenarios/training";

/** How often each kind of run has its turn: what takes a second more often than what takes ten. */
const TURNS = {
  ...{ finetune: 3, sweep: 1, report: 1, predict: 4, export: 4 },
  ...{ adapt: 2, spill: 3, fetch: 4, native: 2, pack: 2, stores: 8 },
};

/** The names of all kinds of runs. */
export const names = Object.keys(TURNS) as readonly (keyof typeof TURNS)[];

/** The kinds by name in the order of their turns. */
export const turns = (asked: readonly string[]): string[] =>
  Array.from({ length: Math.max(...Object.values(TURNS)) }, (_, round) =>
    names.filter((name) => asked.includes(name) && TURNS[name] > round),
  ).flat();

/** All kinds of runs, those that others begin from first; `atEnd` is told how to stop what serves them. */
export async function makeScenarios(
  scratch: string,
  atEnd: (stop: () => Promise<void>) => void,
): Promise<readonly Scenario[]> {
  return [
    ...[finetune, sweep, report, predict, exported, ...kitRuns(scratch)],
    ...[await fetched(scratch, atEnd), native(scratch), pack, stores(scratch)],
  ];
}
