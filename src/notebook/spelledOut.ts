import { loaded } from "./kernel";

/** What is needed of the compiler that runs in tslab. */
export interface TypeScript {
  createSourceFile(name: string, text: string, target: number, setParents: boolean): SyntaxNode;
  forEachChild(node: SyntaxNode, visit: (child: SyntaxNode) => void): void;
  isShorthandPropertyAssignment(node: SyntaxNode): boolean;
  isBindingElement(node: SyntaxNode): boolean;
  isIdentifier(node: SyntaxNode): boolean;
  ScriptTarget: { Latest: number };
}

interface SyntaxNode {
  name?: SyntaxNode;
  propertyName?: SyntaxNode;
  getStart(): number;
  getText(): string;
}

/** What runs a kernel's cells. */
interface Handler {
  handleExecute(request: { code: string }, ...rest: unknown[]): Promise<unknown>;
}

const mended = Symbol.for("frostkit.spellOutObjects");

/**
 * Lets a tslab kernel's cells say `{ train }` of a variable from an earlier cell, and `const { depths: n } = CFG`. tslab puts
 * `exports.` before the names of such variables, but takes these two for something else: the one throws "train is not defined",
 * the other "Identifier 'exports' has already been declared". Holds from the next cell on.
 */
export function spellOutObjects(): void {
  const [ts] = loaded<TypeScript>("@tslab/typescript-for-tslab/lib/typescript.js");
  const handlers = loaded<{ JupyterHandlerImpl: { prototype: Handler } }>("tslab/dist/jupyter.js");
  for (const { prototype } of handlers.map((module) => module.JupyterHandlerImpl)) {
    if (mended in prototype) continue;
    const { handleExecute } = prototype;
    prototype.handleExecute = function (request, ...rest) {
      return handleExecute.call(this, { ...request, code: spelledOut(request.code, ts) }, ...rest);
    };
    Object.defineProperty(prototype, mended, { value: true });
  }
}

/** The same code with `{ train: train }` for `{ train }`, and `const { "depths": n }` for `const { depths: n }`. */
export function spelledOut(code: string, ts: TypeScript): string {
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
  return names.reduceRight(
    (mended, { start, text, instead }) =>
      mended.slice(0, start) + instead + mended.slice(start + text.length),
    code,
  );
}
