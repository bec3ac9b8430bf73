import type { SyntaxNode, TypeScript } from "./tslab";

/** Whether a cell waits for something outside its functions: `await`, or `for await`. */
export function awaitsAtTop(code: string, ts: TypeScript): boolean {
  let found = false;
  const visit = (node: SyntaxNode) => {
    if (found || ts.isFunctionLike(node) || ts.isClassLike(node)) return;
    found = ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier !== undefined);
    ts.forEachChild(node, visit);
  };
  // A module, whether it imports or not: there `await` is a word of its own.
  ts.forEachChild(ts.createSourceFile("cell.ts", `${code}\nexport {};`, ts.ScriptTarget.Latest, true), visit);
  return found;
}
