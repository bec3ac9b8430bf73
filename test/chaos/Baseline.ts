import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { contents } from "./contents";
import { Place } from "./Place";
import { PATIENCE, stillRunning } from "./processes";
import { type How, runOnce } from "./runOnce";
import type { Scenario } from "./Scenario";

/** What the undisturbed run of a kind came to. */
export interface Baseline {
  place: Place;
  contents: Map<string, string>;
  seconds: number;
  /** Operations on files in their order, each by what is done to which; what differs in numbers alone has one name. */
  operations: string[];
}

/** Runs each kind undisturbed once, after those that it needs, so many at a time. @throws where one does not end as it should */
export async function baselines(
  scenarios: readonly Scenario[],
  scratch: string,
  how: Pick<How, "layer">,
  jobs = 1,
): Promise<Map<string, Baseline>> {
  const made = new Map<string, Baseline>();
  const left = new Set(scenarios);
  const work = async () => {
    for (;;) {
      const next = [...left].find(({ after = [] }) => after.every((name) => made.has(name)));
      if (!next && left.size === 0) return;
      if (!next) await setTimeout(20);
      else {
        left.delete(next);
        made.set(next.name, await undisturbed(next, made, scratch, how));
      }
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return made;
}

async function undisturbed(
  scenario: Scenario,
  made: ReadonlyMap<string, Baseline>,
  scratch: string,
  how: Pick<How, "layer">,
): Promise<Baseline> {
  const place = new Place(join(scratch, `undisturbed-${scenario.name}`));
  scenario.prepare(place.work, (name) => made.get(name)!.place.work);
  const mark = `${scratch}-undisturbed-${scenario.name}`;
  const { code, stderr, seconds, operations } = await runOnce(scenario, place, mark, how);
  if (code !== (scenario.code ?? 0) || operations === null)
    throw new Error(
      `${scenario.name}: expected ${scenario.code ?? 0} of an undisturbed run, got ${code}: ${stderr}`,
    );
  const [left] = await stillRunning(mark, PATIENCE);
  if (left) throw new Error(`${scenario.name}: ${left.command} still runs after an undisturbed run`);
  return { place, contents: contents(place, scenario), seconds, operations };
}
