import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

export const root = join(__dirname, "..", "..");

/** A block of code in a page, or the example in a doc comment. */
export interface Block {
  /** Path from the root, with slashes. */
  file: string;
  /** The line on which its code begins, from 1. */
  line: number;
  /** The first word behind the fence: ts, js, console, sh, text, mermaid, yaml … */
  language: string;
  /** What follows it, which GitHub does not show: "continues", or "not run here: why". */
  note: string;
  code: string;
}

/** The pages that people read, as paths from the root. */
export const pages: readonly string[] = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...readdirSync(join(root, "docs")).flatMap((name) => (name.endsWith(".md") ? `docs/${name}` : [])),
].sort();

/** The files of the kit, as paths from the root. */
export const sources: readonly string[] = readdirSync(join(root, "src"), {
  recursive: true,
  encoding: "utf8",
})
  .filter((name) => name.endsWith(".ts"))
  .map((name) =>
    relative(root, join(root, "src", name))
      .split(sep)
      .join("/"),
  )
  .sort();

export const textOf = (file: string): string => readFileSync(join(root, file), "utf8");

/** The fenced blocks of a text, in order; a fence that is not closed throws. */
export function fencedBlocks(text: string, file: string, firstLine = 1): Block[] {
  const blocks: Block[] = [];
  let open: (Block & { fence: string; lines: string[] }) | null = null;
  for (const [i, line] of text.split("\n").entries()) {
    const fence = /^(\s*)(`{3,})\s*(\S*)\s*(.*)$/.exec(line);
    if (open === null && fence) {
      const [, , ticks, language, note] = fence;
      open = { file, line: firstLine + i + 1, language, note, code: "", fence: ticks, lines: [] };
    } else if (open !== null && fence?.[2] === open.fence && fence[3] === "") {
      const { fence: _, lines, ...block } = open;
      blocks.push({ ...block, code: lines.join("\n") });
      open = null;
    } else open?.lines.push(line);
  }
  if (open) throw new Error(`${file}, line ${open.line - 1}: this block of code is not closed`);
  return blocks;
}

/** A doc comment: its text without stars, where that text begins, and the line of code that follows it. */
export interface DocComment {
  file: string;
  line: number;
  text: string;
  /** What stands behind the comment, up to 400 characters. */
  next: string;
}

export function docComments(file: string): DocComment[] {
  const text = textOf(file);
  return [...text.matchAll(/^([ \t]*)\/\*\*([\s\S]*?)\*\//gm)].map((match) => {
    const end = match.index + match[0].length;
    const lines = match[2].split("\n").map((line) => line.replace(/^\s*\* ?/, ""));
    return {
      file,
      line: text.slice(0, match.index).split("\n").length,
      text: lines.join("\n"),
      next: text.slice(end).trimStart().slice(0, 400),
    };
  });
}

/** The examples of a doc comment: the fenced blocks below its `@example`s. */
export function examplesOf({ file, line, text }: DocComment): Block[] {
  const at = text.indexOf("@example");
  if (at < 0) return [];
  return fencedBlocks(text.slice(at), file, line + text.slice(0, at).split("\n").length - 1);
}
