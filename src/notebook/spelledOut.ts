import type { SyntaxNode, TypeScript } from "./tslab";

/** A cell as tslab understands it, and where its parts stood before. */
export interface Spelled {
  code: string;
  /** The place in the cell as it was typed, by that in `code`; both count characters. */
  typed(offset: number): number;
}

/**
 * The same cell with `{ train: train }` for `{ train }`, and `const { "depths": n }` for `const { depths: n }`. tslab puts
 * `exports.` before the names of variables from earlier cells, but takes these two for something else: the one throws "train is
 * not defined", the other "Identifier 'exports' has already been declared".
 */
export function spelledOut(code: string, ts: TypeScript): Spelled {
  const names: { start: number; text: string; instead: string }[] = [];
  const replace = (name: SyntaxNode, instead: (text: string) => string) => {
    const text = name.getText();
    names.push({ start: name.getStart(), text, instead: instead(text) });
  };
  const visit = (node: SyntaxNode) => {
    if (ts.isShorthandPropertyAssignment(node)) replace(node.name!, (text) => `${text}: ${text}`);
    if (ts.isBindingElement(node) && node.propertyName && ts.isIdentifier(node.propertyName))
      replace(node.propertyName, (text) => `"${text}"`);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("cell.ts", code, ts.ScriptTarget.Latest, true));
  return {
    code: names.reduceRight(
      (spelled, { start, text, instead }) =>
        spelled.slice(0, start) + instead + spelled.slice(start + text.length),
      code,
    ),
    typed(offset) {
      let added = 0;
      for (const { start, text, instead } of names) {
        if (offset < start + added) break;
        if (offset < start + added + instead.length) return start;
        added += instead.length - text.length;
      }
      return offset - added;
    },
  };
}
