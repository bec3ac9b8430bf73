import { awaitsAtTop } from "./awaitsAtTop";
import { BEFORE, CellTraces } from "./CellTraces";
import type { cellCompiler } from "./cellCompiler";
import { isDrawn } from "./isDrawn";
import { keptDeclarations } from "./keptDeclarations";
import { lastValue } from "./lastValue";
import { show } from "./show";
import { spelledOut } from "./spelledOut";
import { stopRuns } from "./stopRuns";
import type { Conversion, CreateExecutor } from "./tslab";

/** Before a cell that waits: up to its first await node:vm ends it amid whatever runs when the stop button is pressed. */
const PAUSE = "await null; ";

/**
 * tslab's executor as the kit's kernel has it: errors name the cell's own lines, a cell that fails leaves what it declared, its last
 * line prints nothing that is of no use and shows a figure, and the stop button ends runs.
 */
export function cellExecutor(
  create: CreateExecutor,
  { ts, mapsOf }: ReturnType<typeof cellCompiler>,
  getCodeMetadata: (code: string) => { module?: string; mode?: string },
): CreateExecutor {
  return (rootDir, converters, console) => {
    const traces = new CellTraces();
    let count = 0;
    let declared = "";
    let conversion: Conversion | null = null;
    /** A last line's value that is drawn when its cell has ended, which takes a moment. */
    let drawn: unknown = null;

    const convert = (code: string): Conversion => {
      const spelled = spelledOut(code, ts);
      const made = converters.node.convert(declared, spelled.code);
      for (const { start, end, fileName } of made.diagnostics)
        if (fileName === undefined)
          for (const place of [start, end]) {
            const typed = code.slice(0, spelled.typed(place.offset)).split("\n");
            place.line = typed.length - 1;
            place.character = typed.at(-1)!.length;
          }
      if (made.output === undefined) return made;
      const awaits = awaitsAtTop(code, ts);
      const named = traces.take(count, made.output, {
        code,
        spelled,
        maps: mapsOf(made.output),
        indent: awaits ? BEFORE.async.length + PAUSE.length : BEFORE.plain.length,
      });
      return { ...made, hasToplevelAwait: awaits, output: `${awaits ? PAUSE : ""}${made.output}${named}` };
    };
    // What is declared is kept here, where a cell that failed counts as well; tslab's own word of it goes unused.
    const node = {
      convert(_: string, code: string) {
        conversion ??= convert(code);
        return conversion;
      },
      inspect: (_: string, code: string, at: number) => converters.node.inspect(declared, code, at),
      complete: (_: string, code: string, at: number) => converters.node.complete(declared, code, at),
      addModule: (name: string, content: string, meta: unknown) =>
        converters.node.addModule(name, content, meta),
      close: () => converters.node.close(),
    };
    const all = {
      node,
      get browser() {
        return converters.browser;
      },
      close: () => converters.close(),
    };
    const place = (what: unknown[]) => {
      for (const each of what) if (each instanceof Error) traces.rewrite(each);
    };
    const error = (...what: unknown[]) => {
      place(what);
      // Else Node.js puts brackets around an error without a place, and braces with its codes behind the cell's line.
      console.error(...what.map((each) => (isTold(each) ? each.stack : each)));
    };
    const executor = create(rootDir, all, {
      log(value) {
        if (isDrawn(value)) {
          drawn = value;
          return;
        }
        const shown = lastValue(value);
        place([shown]);
        if (shown !== null) console.log(shown);
      },
      error,
    });
    // Errors that a cell prints, and those that no cell waits for, which tslab prints.
    for (const name of ["log", "info", "debug", "warn", "error"] as const) {
      const print = globalThis.console[name];
      globalThis.console[name] = (...what: unknown[]) => {
        place(what);
        print(...what);
      };
    }
    const { execute, interrupt } = executor;
    let interrupted = false;
    executor.interrupt = () => {
      interrupted = true;
      interrupt();
    };
    executor.execute = async (code) => {
      count++;
      interrupted = false;
      drawn = null;
      const { module, mode } = getCodeMetadata(code);
      conversion = module || mode === "browser" ? null : convert(code);
      // node:vm loses a signal that came while the compiler was at work: the loop has to go round once for it to be heard.
      for (let turn = 0; turn < 2; turn++) await new Promise(setImmediate);
      if (interrupted) {
        console.error("Error: Interrupted asynchronously");
        return false;
      }
      const earlier = { ...executor.locals };
      // A last line's value that cannot be printed, as a model that was disposed, fails its cell like any other error.
      const ok = await execute(code)
        .then(async (ok) => {
          if (isDrawn(drawn)) await show(drawn);
          return ok;
        })
        .catch((reason) => {
          error(reason);
          return false;
        });
      const made = conversion;
      if (!made || made.diagnostics.length > 0) return ok;
      const after = made.declOutput ?? "";
      declared = ok
        ? after
        : keptDeclarations(ts, { after, before: declared, values: executor.locals, earlier });
      return ok;
    };
    stopRuns(executor);
    return executor;
  };
}

/** Whether an error's trace tells all that there is to it. */
const isTold = (value: unknown): value is Error =>
  value instanceof Error &&
  !("cause" in value || "errors" in value) &&
  Object.keys(value).every((key) => /^(name|code|errno|syscall|path|dest)$/.test(key));
