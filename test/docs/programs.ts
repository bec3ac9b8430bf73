import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as frostkit from "../../src/index";
import { type Block, root, textOf } from "./blocks";
import { declares, linesFor, uses } from "./given";

/** One thing to run: blocks of TypeScript or JavaScript that belong together, or a command. */
export interface Program {
  /** "README.md, line 40" */
  where: string;
  file: string;
  kind: "ts" | "js" | "command";
  /** Its whole text, or the command's words behind `frostkit`. */
  text: string;
  words?: string[];
  /** For each line of the text, its line in the file; 0 for a line that was put in front. */
  lines: number[];
}

/** What became of a program. */
export interface Outcome {
  /** What the compiler says of it, with lines of the page. */
  types: string[];
  /** Null where it ran to its end. */
  error: string | null;
  output: string;
  seconds: number;
}

/** The commands of a console block: what stands behind `$`, with lines that end in a backslash joined. */
export function commandsOf({ code }: Pick<Block, "code">): string[] {
  return code
    .replace(/\\\n\s*/g, "")
    .split("\n")
    .flatMap((line) => /^\$ (.*)$/.exec(line)?.[1] ?? []);
}

/** The words of a command, quotes taken off. */
export const wordsOf = (command: string): string[] =>
  [...command.replace(/\s#.*$/, "").matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c);

/** The programs of a page, in its order. A block of TypeScript that says `continues` goes on with the program before it. */
export function programsOf(blocks: Block[]): Program[] {
  const programs: Program[] = [];
  for (const block of blocks) {
    const { file, line, language, note, code } = block;
    if (note.startsWith("not run here:")) continue;
    const where = `${file}, line ${line}`;
    if (language === "console")
      for (const command of commandsOf(block)) {
        const words = wordsOf(command.replace(/^npx frostkit /, ""));
        programs.push({ where, file, kind: "command", text: command, words, lines: [line] });
      }
    if (language !== "ts" && language !== "js") continue;
    const lines = code.split("\n").map((_, i) => line + i);
    const before = programs.findLast(({ kind }) => kind === "ts");
    if (note === "continues" && before) {
      before.text += `\n${code}`;
      before.lines.push(...lines);
    } else programs.push({ where, file, kind: language, text: code, lines });
  }
  return programs;
}

const publicNames = new Set([
  ...Object.keys(frostkit),
  ...[...textOf("src/index.ts").matchAll(/\btype (\w+)|export type \{([^}]*)\}/g)].flatMap(
    ([, one, several]) => (one ? [one] : several.split(",").map((name) => name.trim())),
  ),
]);

/** An example of a doc comment as a program: what it does not make itself is imported, or made by a line of `given.ts`. */
export function programOfExample(block: Block): Program {
  const { file, line, code } = block;
  const given = linesFor(code);
  const whole = [...given, code].join("\n");
  const imports: string[] = [];
  if (!/from "frostkit"/.test(code)) {
    const names = [...publicNames].filter((name) => uses(whole, name) && !declares(code, name));
    if (names.length > 0) imports.push(`import { ${names.join(", ")} } from "frostkit";`);
    const own = exportsOf(file).filter((name) => !publicNames.has(name) && uses(whole, name));
    const path = join(root, file.replace(/^src/, "dist").replace(/\.ts$/, ".js"));
    if (own.length > 0) imports.push(`import { ${own.join(", ")} } from ${JSON.stringify(path)};`);
  }
  const front = [...imports, ...given];
  return {
    where: `${file}, line ${line}`,
    file,
    kind: "ts",
    text: [...front, code].join("\n"),
    lines: [...front.map(() => 0), ...code.split("\n").map((_, i) => line + i)],
  };
}

const exportsOf = (file: string): string[] =>
  [...textOf(file).matchAll(/^export (?:async )?(?:function|const|class|interface|type) (\w+)/gm)].map(
    ([, name]) => name,
  );

/** Checks the types of all programs in one run of the compiler and then runs them one after the other, in one process. */
export async function runPrograms(programs: Program[], folder: string): Promise<Outcome[]> {
  mkdirSync(join(folder, "programs"));
  const names = programs.map(({ kind }, i) => `${i}.${kind === "js" ? "mjs" : "mts"}`);
  for (const [i, { kind, text }] of programs.entries())
    if (kind !== "command") writeFileSync(join(folder, "programs", names[i]), `${text}\nexport {};\n`);
  const options = {
    ...{ target: "es2022", lib: ["es2023"], module: "nodenext", strict: true, skipLibCheck: true },
    ...{ types: ["node"], typeRoots: [join(root, "node_modules/@types")], rootDir: "." },
  };
  const files = names.filter((_, i) => programs[i].kind === "ts");
  writeFileSync(join(folder, "programs/tsconfig.json"), JSON.stringify({ compilerOptions: options, files }));
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const { stdout } = await ended([compiler, "-p", join(folder, "programs"), "--pretty", "false"], folder);
  const elsewhere = stdout
    .split("\n")
    .filter((line) => /error TS/.test(line) && !/^(\S*[\\/])?\d+\.mts\(/.test(line));
  if (elsewhere.length > 0) throw new Error(`the compiler fails: ${elsewhere.join("; ")}`);
  const list = programs.map(({ kind, words }, i) => ({
    words: kind === "command" ? words! : null,
    path: join(folder, "programs", `${i}.mjs`),
  }));
  writeFileSync(join(folder, "programs/list.json"), JSON.stringify(list));
  const { stderr } = await ended([join(__dirname, "runner.mjs"), root, join(folder, "programs")], folder);
  let results: Omit<Outcome, "types">[];
  try {
    results = JSON.parse(readFileSync(join(folder, "programs/results.json"), "utf8"));
  } catch {
    throw new Error(`the programs' process ended early: ${stderr.slice(-2000)}`);
  }
  return results.map((result, i) => ({ ...result, types: typeErrors(stdout, names[i], programs[i]) }));
}

/** "README.md, line 44: Property 'foo' does not exist …" */
function typeErrors(printed: string, name: string, { file, lines, text }: Program): string[] {
  return [...printed.matchAll(/^(?:.*[\\/])?([\w.]+)\((\d+),\d+\): error (.*)$/gm)]
    .filter(([, of]) => of === name)
    .map(([, , at, what]) => {
      const line = lines[Number(at) - 1];
      return line
        ? `${file}, line ${line}: ${what}`
        : `${file}: ${what} in ${text.split("\n")[Number(at) - 1]}`;
    });
}

/** Runs Node.js on these arguments, whatever it ends with. */
function ended(args: string[], cwd: string): Promise<{ stdout: string; stderr: string }> {
  const env = { ...process.env, HF_HUB_OFFLINE: "1", FROSTKIT_DEBUG: "" };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd, env, maxBuffer: 2 ** 26 }, (_, stdout, stderr) => {
      resolve({ stdout, stderr });
    });
  });
}
