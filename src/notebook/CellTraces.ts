import type { Maps } from "./cellCompiler";
import type { Spelled } from "./spelledOut";

/** A cell as it ran. */
interface Cell {
  /** As it was typed. */
  code: string;
  spelled: Spelled;
  /** From the JavaScript that ran to `spelled`, which has one line of tslab's in front. */
  maps: Maps;
  /** How many lines of JavaScript it is; what comes behind them is tslab's. */
  lines: number;
  /** Characters before its JavaScript, in the first line. */
  indent: number;
}

/** What tslab puts before a cell's JavaScript, in its first line. */
export const BEFORE = {
  async: "(async function(exports, require) { ",
  plain: "(function(exports, require) { ",
};
/** Lines that tslab puts before a cell's TypeScript. */
const LINES_BEFORE = 1;

/** Rewrites errors' traces to the lines of the cells that they come from. */
export class CellTraces {
  #cells = new Map<number, Cell>();

  /** Notes a cell, and gives the line that names it to the engine. */
  take(number: number, output: string, cell: Omit<Cell, "lines">): string {
    this.#cells.set(number, { ...cell, lines: output.trimEnd().split("\n").length });
    return `\n//# sourceURL=frostkit-cell-${number}`;
  }

  /** Rewrites the trace of an error and of what caused it: places in cells, nothing of what runs them, and the line itself. */
  rewrite(error: Error): void {
    const { stack, cause } = error;
    if (cause instanceof Error) this.rewrite(cause);
    if (typeof stack !== "string") return;
    const lines = stack.replace(ARROW, "").split("\n");
    const first = lines.findIndex((line) => /^\s+at /.test(line));
    if (first < 0) {
      error.stack = lines.join("\n");
      return;
    }
    let shown = false;
    const frames = lines.slice(first).flatMap((line) => {
      const found = FRAME.exec(line);
      if (!found) return INSIDE.test(line) || isOwn(error) ? [] : [line];
      const place = this.#typed(Number(found[2]), Number(found[3]), Number(found[4]));
      if (!place) return [];
      const frame = found[1] ? `    at ${found[1]} (${place.text})` : `    at ${place.text}`;
      // The line itself stands below the first place in a cell.
      const lines = shown ? [frame] : [frame, place.excerpt];
      shown = true;
      return lines;
    });
    error.stack = [...lines.slice(0, first), ...frames.filter((frame, i) => frame !== frames[i - 1])].join(
      "\n",
    );
  }

  #typed(number: number, line: number, column: number): { text: string; excerpt: string } | null {
    const cell = this.#cells.get(number);
    if (!cell || line > cell.lines) return null;
    let at = { line: line - 1, column: Math.max(0, column - 1 - (line === 1 ? cell.indent : 0)) };
    for (const map of cell.maps) {
      const entry = map.findEntry(at.line, at.column) as { originalLine?: number; originalColumn?: number };
      if (entry.originalLine === undefined) return null;
      at = { line: entry.originalLine, column: entry.originalColumn! };
    }
    const spelled = cell.spelled.code.split("\n");
    const offset =
      spelled.slice(0, at.line - LINES_BEFORE).reduce((sum, text) => sum + text.length + 1, 0) + at.column;
    const before = cell.code.slice(0, cell.spelled.typed(offset)).split("\n");
    const typed = { line: before.length, column: before.at(-1)!.length + 1 };
    return {
      text: `cell ${number}, line ${typed.line}, column ${typed.column}`,
      excerpt: `    ${typed.line} | ${cell.code.split("\n")[typed.line - 1]}`,
    };
  }
}

/** "    at async double (frostkit-cell-3:4:9)": the function, the cell, line and column. */
const FRAME = /^\s+at (?:async )?(?:(.*) \()?frostkit-cell-(\d+):(\d+):(\d+)\)?$/;

/** Frames between a cell and the process: tslab's, the patches' to it, and Node.js's. */
const INSIDE =
  /node_modules[\\/]tslab[\\/]|evalmachine\.<anonymous>|[( ]node:|[\\/]notebook[\\/](cellExecutor|isDrawn|lastValue|stopRuns|patchCells|startKernel)\.[jt]s/;

/** Node.js puts the line of JavaScript before the trace of what a script throws at its top. */
const ARROW = /^.+:\d+\n.*\n\s*\^+\n+/;

/** Whether the kit itself says what is wrong, in one line: where in the kit is of no use. */
const isOwn = ({ name }: Error): boolean => /^(Frost|Input|Freeze)Error$/.test(name);
