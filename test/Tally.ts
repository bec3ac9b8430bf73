import { relative } from "node:path";
import { ENGINES } from "../src/engine/useEngine";
import { alignTable } from "../src/text/alignTable";
import { engineOf } from "./engineOf";
import { type Leg, NO_ENGINE, type Told } from "./legs";

/** What node:test tells of a test or a group: events "test:start", "test:pass" and "test:fail". */
export interface TestEvent {
  name: string;
  nesting: number;
  file?: string;
  skip?: string | boolean;
  todo?: string | boolean;
  details?: { type?: string; duration_ms?: number };
}

interface Cell {
  ran: number;
  failed: number;
  /** How many tests and groups were skipped, by the reason they gave. */
  skipped: Map<string, number>;
}

const COLUMNS = [...ENGINES, NO_ENGINE];

/** Counts what ran, failed and was skipped in each leg on each engine, from what node:test tells of each test. */
export class Tally {
  readonly #cells = new Map<string, Cell>();
  /** Groups and files under which no test came, by their titles. */
  readonly hollow: string[] = [];
  /** Milliseconds of each file's tests, one after another. */
  readonly #took = new Map<string, number>();
  readonly #around: { told: string; name: string; tests: number }[] = [];

  /** @param folder that of the test files */
  constructor(
    private readonly legs: readonly Leg[],
    private readonly folder: string,
  ) {}

  started({ name, nesting, file }: TestEvent): void {
    this.#around.length = nesting;
    const place = file === undefined ? "" : `${relative(this.folder, file)} `;
    this.#around.push({ told: place + name, name, tests: 0 });
  }

  ended(event: TestEvent, passed: boolean): void {
    const { name, nesting, file, skip, todo, details } = event;
    this.#around.length = nesting + 1;
    if (nesting === 0 && file !== undefined)
      this.#took.set(file, (this.#took.get(file) ?? 0) + (details?.duration_ms ?? 0));
    const path = this.#around.map(({ told }) => told).join(" > ");
    const skipped = skip !== undefined && skip !== false;
    // A file of which no test came is told as a test of its path's name.
    const isFile = nesting === 0 && file !== undefined && relative(file, name) === "";
    const isGroup = details?.type === "suite" || isFile;
    if (isGroup && passed && !skipped) {
      if (this.#around[nesting].tests === 0) this.hollow.push(path);
      return;
    }
    for (const group of this.#around.slice(0, nesting)) group.tests++;
    // A group that fails by a test of its own is told of by that test.
    if (isGroup && !passed && this.#around[nesting].tests > 0) return;
    const titles = this.#around.map((test) => test.name).join(" > ");
    const told: Told = { path, engine: engineOf(titles) ?? null };
    for (const leg of this.legs.filter(({ has }) => has(told))) {
      const cell = this.#cell(leg.name, told.engine ?? NO_ENGINE);
      if (skipped || (todo !== undefined && todo !== false)) {
        const reason = [skip, todo].find((reason) => typeof reason === "string" && reason !== "");
        const why = (reason as string | undefined) ?? "no reason given";
        cell.skipped.set(why, (cell.skipped.get(why) ?? 0) + 1);
      } else {
        cell.ran++;
        if (!passed) cell.failed++;
      }
    }
  }

  /** Names of the legs of which nothing was told, be it that it was skipped. */
  get absent(): string[] {
    return this.legs
      .filter(({ name }) => !COLUMNS.some((column) => this.#cells.has(key(name, column))))
      .map(({ name }) => name);
  }

  /** Of names of legs and engines, those of which nothing ran, with why. */
  missing(required: readonly string[]): string[] {
    return required.flatMap((asked) => {
      const of = this.legs.filter(({ name }) => sameWord(name, asked) || sameWord(name.split(" ")[0], asked));
      const cells = COLUMNS.flatMap((column) =>
        sameWord(column, asked)
          ? this.legs.map(({ name }) => this.#cells.get(key(name, column)))
          : of.map(({ name }) => this.#cells.get(key(name, column))),
      ).filter((cell) => cell !== undefined);
      if (cells.some(({ ran }) => ran > 0)) return [];
      const reasons = [...new Set(cells.flatMap(({ skipped }) => [...skipped.keys()]))];
      return [`${asked}: ${reasons.join("; ") || "no test of it was asked for"}`];
    });
  }

  /** The names that `missing` knows. */
  get names(): string[] {
    return [...new Set([...this.legs.flatMap(({ name }) => [name.split(" ")[0], name]), ...ENGINES])];
  }

  /** A row for each leg of which anything was told: how many tests ran on each engine, and what was skipped and why. */
  format(): string {
    const rows = this.legs
      .filter(({ name }) => !this.absent.includes(name))
      .map(({ name, whole }) => [
        name,
        ...COLUMNS.map((column) => formatCell(this.#cells.get(key(name, column)))),
        whole ? this.#howManySkipped(name) : this.#whySkipped(name),
      ]);
    return alignTable(
      [["leg", ...COLUMNS, "skipped, and why"], ...rows],
      COLUMNS.map((_, i) => i + 1),
    );
  }

  /** "cli/sweep.test.ts 62 s, docs/pages.test.ts 51 s": the files whose tests took longest, by the wall clock. */
  longest(count: number): string {
    return [...this.#took]
      .sort(([, a], [, b]) => b - a)
      .slice(0, count)
      .map(([file, took]) => `${relative(this.folder, file)} ${(took / 1000).toFixed(0)} s`)
      .join(", ");
  }

  #cell(leg: string, column: string): Cell {
    const known = this.#cells.get(key(leg, column)) ?? { ran: 0, failed: 0, skipped: new Map() };
    this.#cells.set(key(leg, column), known);
    return known;
  }

  #howManySkipped(leg: string): string {
    const cells = COLUMNS.flatMap((column) => this.#cells.get(key(leg, column)) ?? []);
    const count = cells.flatMap(({ skipped }) => [...skipped.values()]).reduce((sum, of) => sum + of, 0);
    return count === 0 ? "" : `${count}, as above`;
  }

  /** "8 on onnxruntime, 8 on cpu: it computes in float32 alone; 1: no Jupyter was found" */
  #whySkipped(leg: string): string {
    const counts = new Map<string, string[]>();
    for (const column of COLUMNS)
      for (const [reason, count] of this.#cells.get(key(leg, column))?.skipped ?? []) {
        const told = column === NO_ENGINE ? `${count}` : `${count} on ${column}`;
        counts.set(reason, [...(counts.get(reason) ?? []), told]);
      }
    return [...counts].map(([reason, told]) => `${told.join(", ")}: ${reason}`).join("; ");
  }
}

const key = (leg: string, column: string): string => `${leg}\n${column}`;
const sameWord = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

function formatCell(cell: Cell | undefined): string {
  if (cell === undefined) return "-";
  if (cell.failed > 0) return `${cell.failed} of ${cell.ran} failed`;
  return cell.ran === 0 ? "skipped" : `${cell.ran} ran`;
}
