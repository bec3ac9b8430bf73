import type { SyntaxNode, TypeScript } from "./tslab";

/** What a cell that failed has left. */
export interface Left {
  /** The declarations as they would be had it ended well. */
  after: string;
  /** The declarations as they were before it. */
  before: string;
  /** The values as they are now; those that the cell took away before it failed are put back. */
  values: Record<string, unknown>;
  /** The values as they were before it. */
  earlier: Record<string, unknown>;
}

/**
 * The declarations that hold after a cell that failed: of its constants those that were reached, its variables, functions and types,
 * and of all else what was there before. Without this a training that was stopped would take its model and rows with it.
 */
export function keptDeclarations(ts: TypeScript, { after, before, values, earlier }: Left): string {
  const old = new Map(declarations(ts, before));
  const replaced: { start: number; end: number; text: string }[] = [];
  for (const { statement, names } of variables(ts, after)) {
    const kept = names.flatMap(({ name, text }) => {
      if (values[name] !== undefined) return [text];
      if (earlier[name] !== undefined) return [old.get(name) ?? text];
      return isConst(ts, statement) ? [] : [text];
    });
    if (kept.length === names.length && kept.every((text, i) => text === names[i].text)) continue;
    const word = isConst(ts, statement) ? "const" : "let";
    replaced.push({
      start: statement.getStart(),
      end: statement.getEnd(),
      text: kept.map((text) => `declare ${word} ${text};`).join("\n"),
    });
  }
  for (const [name, value] of Object.entries(earlier)) if (values[name] === undefined) values[name] = value;
  return replaced.reduceRight(
    (text, { start, end, text: put }) => text.slice(0, start) + put + text.slice(end),
    after,
  );
}

/** Each variable's name with its part of a declaration, as `rows: number[]`. */
const declarations = (ts: TypeScript, code: string): [string, string][] =>
  variables(ts, code).flatMap(({ names }) => names.map(({ name, text }): [string, string] => [name, text]));

function variables(ts: TypeScript, code: string) {
  const found: { statement: SyntaxNode; names: { name: string; text: string }[] }[] = [];
  ts.forEachChild(ts.createSourceFile("cell.d.ts", code, ts.ScriptTarget.Latest, true), (statement) => {
    if (!ts.isVariableStatement(statement)) return;
    const names = statement.declarationList!.declarations.map((each) => {
      return { name: each.name!.getText(), text: each.getText() };
    });
    found.push({ statement, names });
  });
  return found;
}

const isConst = (ts: TypeScript, { declarationList }: SyntaxNode): boolean =>
  (declarationList!.flags & ts.NodeFlags.Const) !== 0;
