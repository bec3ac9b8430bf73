import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Random } from "../../src/random";
import type { Baseline } from "./Baseline";
import { contents, differences } from "./contents";
import { drawFault, type Fault } from "./Fault";
import { Place } from "./Place";
import { PATIENCE, stillRunning } from "./processes";
import { type Ended, type How, runOnce } from "./runOnce";
import type { Scenario } from "./Scenario";
import { mountDisk, resize, unmount } from "./smallDisk";

/** Of a run that is disturbed in a row, the most disturbances. */
const MOST_IN_A_ROW = 6;

export interface Outcome {
  /** The disturbances that came before the run was over, in their order. */
  struck: string[];
  /** What is wrong, line by line; none where all is as undisturbed. */
  wrong: string[];
}

export interface Case {
  scenario: Scenario;
  /** Where its folders go. */
  path: string;
  seed: number;
  number: number;
  canFill: boolean;
}

/**
 * Disturbs a run some times in a row, gives the same command again until it ends, and compares with the undisturbed run. `log` is told
 * what happened.
 */
export async function tryCase(
  { scenario, path, seed, number, canFill }: Case,
  baselines: ReadonlyMap<string, Baseline>,
  how: How,
  log: (line: string) => void = () => {},
): Promise<Outcome> {
  const random = new Random("chaos", seed, number);
  const baseline = baselines.get(scenario.name)!;
  const [mark, struck, wrong]: [string, string[], string[]] = [`${path}-case`, [], []];
  const faults = Array.from({ length: 1 + random.integer(MOST_IN_A_ROW) }, () =>
    drawFault(random, baseline.operations, canFill),
  );
  const seeds = faults.map(() => 1 + random.integer(2 ** 31));
  let bare = false;
  const hasDisk = faults.some(({ kind }) => kind === "disk") && mountDisk(path);
  const place = hasDisk ? new PlaceOnDisk(path) : new Place(path);
  try {
    scenario.prepare(place.work, (name) => baselines.get(name)!.place.work);
    const given = contents(place, scenario);
    const least = hasDisk ? bytesBelow(place.root) : 0;
    for (const [i, fault] of faults.entries()) {
      if (fault.kind === "disk") {
        const most = Math.max(least + 4 * PAGE, bytesBelow(baseline.place.root));
        if (!hasDisk || !resize(path, Math.max(bytesBelow(place.root), least + fault.share * (most - least))))
          continue;
      }
      const ended = await runOnce(scenario, place, mark, how, {
        ...fault,
        seconds: baseline.seconds,
        seed: seeds[i],
      });
      if (fault.kind === "disk") resize(path, 2 ** 30);
      const hasStruck =
        fault.kind === "disk"
          ? ended.code !== (scenario.code ?? 0) || /ENOSPC/.test(ended.stderr)
          : ended.struck !== null;
      log(`${fault.name}${hasStruck ? ` ${ended.struck ?? ""}` : ", which came too late"}: ${says(ended)}`);
      if (hasStruck) struck.push(fault.name);
      bare ||= /what the rows of .* got could not be written/.test(ended.stderr);
      wrong.push(
        ...(await faultsOf(ended, fault, scenario, mark)),
        ...halves(place, scenario, given, baseline),
      );
      if (wrong.length > 0) return { struck, wrong };
    }
    const locks = locksBelow(place.work);
    const ended = await runOnce(scenario, place, mark, { layer: how.layer });
    log(`undisturbed: ${says(ended)}`);
    if (ended.code !== (scenario.code ?? 0)) wrong.push(`undisturbed, the same command gives ${says(ended)}`);
    const taken = `${ended.stdout}${ended.stderr}`.match(/is no more; this run takes over/g)?.length ?? 0;
    if (taken < locks)
      wrong.push(`${locks} locks were left behind, and the run says that it took over ${taken}`);
    for (const { command } of await stillRunning(mark, PATIENCE)) wrong.push(`${command} still runs`);
    const there = bare ? contents(baseline.place, scenario, bare) : baseline.contents;
    wrong.push(...differences(contents(place, scenario, bare), there));
    return { struck, wrong };
  } finally {
    place.remove();
    if (hasDisk) unmount(path);
  }
}

/** A place whose root is where a disk is mounted, and so cannot be made anew. */
class PlaceOnDisk extends Place {
  constructor(path: string) {
    super(join(path, "case"));
  }
}

const says = ({ code, signal, stderr }: Ended): string =>
  `${signal ?? code}${stderr.trim() === "" ? "" : `, ${stderr.trim().split("\n").slice(-2).join(" | ")}`}`;

/** What is wrong with how a disturbed run ended. */
async function faultsOf(
  ended: Ended,
  fault: Fault,
  { name, code = 0 }: Scenario,
  mark: string,
): Promise<string[]> {
  const wrong: string[] = [];
  if (ended.hung) wrong.push(`after ${fault.name} it did not end`);
  if (/^ {4}at /m.test(ended.stderr)) wrong.push(`after ${fault.name} it shows a trace: ${ended.stderr}`);
  const asked = fault.name.startsWith("SIGTERM") || fault.name.startsWith("SIGINT");
  if (asked && ended.signal === null && ![code, 130, 143].includes(ended.code!))
    wrong.push(`after ${fault.name} it ends with ${says(ended)}`);
  if (!asked && ended.signal === null && ended.code !== code) {
    const last = ended.stderr.trim().split("\n").at(-1)!;
    if (!/^(frostkit( \w+)?|chaos): /.test(last))
      wrong.push(`after ${fault.name} it says no reason: ${ended.stderr}`);
  }
  for (const { command } of await stillRunning(mark, PATIENCE))
    wrong.push(`after ${fault.name} of ${name}, ${command} still runs`);
  return wrong;
}

/** Files that are seen by a name at which they are to be whole, and are neither what was given nor what they are at the end. */
function halves(
  place: Place,
  scenario: Scenario,
  given: Map<string, string>,
  { contents: end }: Baseline,
): string[] {
  return [...contents(place, scenario)].flatMap(([path, word]) =>
    scenario.whole.test(path) &&
    !/\/\./.test(path) &&
    word !== "empty" &&
    word !== end.get(path) &&
    word !== given.get(path)
      ? `${path} is there and not whole: ${word}, not ${end.get(path)}`
      : [],
  );
}

function locksBelow(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".frostkit-lock"),
  ).length;
}

/** What files take up, in whole pages, as a disk in memory counts. */
function bytesBelow(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).reduce((sum, path) => {
    const stats = lstatSync(join(folder, path), { throwIfNoEntry: false });
    return stats?.isFile() ? sum + PAGE * Math.ceil(stats.size / PAGE) : sum;
  }, 0);
}

const PAGE = 4096;
