import { SourceMap } from "node:module";
import { loaded } from "./kernel";
import type { TypeScript } from "./tslab";

/** What tslab calls of TypeScript. */
interface Compiler extends TypeScript {
  createWatchCompilerHost(files: string[], options: object, ...rest: unknown[]): unknown;
  transpileModule(
    code: string,
    options: { fileName: string; compilerOptions: object },
  ): { outputText: string; sourceMapText?: string };
}

/** The source maps from JavaScript back to its source, one for each compilation step. */
export type Maps = SourceMap[];

const INLINE = "//# sourceMappingURL=data:application/json;base64,";

/**
 * Replaces tslab's compiler, which has to be loaded but not in use yet, and returns the new one. It accepts `await` at the top of a
 * cell in all its forms (tslab turns that off, finds a lone `for await` no reason to wait, and reads `await (x)` as a call), and
 * `mapsOf` returns the source maps of the JavaScript that tslab makes with it, in two steps.
 */
export function cellCompiler(): { ts: TypeScript; mapsOf(output: string): Maps } {
  const path = "@tslab/typescript-for-tslab/lib/typescript.js";
  const [ts] = loaded<Compiler>(path);
  let latest: { output: string; maps: Maps } | null = null;
  const patched: Partial<Compiler> = {
    createWatchCompilerHost: (files, options, ...rest) =>
      ts.createWatchCompilerHost(
        files,
        { ...options, disableTopLevelAwait: false, inlineSourceMap: true },
        ...rest,
      ),
    transpileModule(code, { fileName, compilerOptions }) {
      const end = code.lastIndexOf(INLINE);
      const [script, map] = end < 0 ? [code, null] : [code.slice(0, end), code.slice(end + INLINE.length)];
      const made = ts.transpileModule(script, {
        fileName,
        compilerOptions: { ...compilerOptions, sourceMap: true },
      });
      const output = made.outputText.replace(/\/\/# sourceMappingURL=.*\s*$/, "");
      const payloads = [made.sourceMapText, map && Buffer.from(map, "base64").toString()];
      latest = {
        output,
        maps: payloads.flatMap((payload) => (payload ? new SourceMap(JSON.parse(payload)) : [])),
      };
      return { ...made, outputText: output };
    },
  };
  const whole = {} as Compiler;
  for (const key of Object.keys(ts) as (keyof Compiler)[])
    Object.defineProperty(whole, key, { enumerable: true, get: () => patched[key] ?? ts[key] });
  for (const module of Object.values(require.cache)) if (module?.exports === ts) module.exports = whole;
  return { ts: whole, mapsOf: (output) => (latest?.output === output ? latest.maps : []) };
}
