import { loaded } from "./kernel";

/** What is needed of the compiler that runs in tslab. */
export interface TypeScript {
  createSourceFile(name: string, text: string, target: number, setParents: boolean): SyntaxNode;
  forEachChild(node: SyntaxNode, visit: (child: SyntaxNode) => void): void;
  isShorthandPropertyAssignment(node: SyntaxNode): boolean;
  ScriptTarget: { Latest: number };
}

interface SyntaxNode {
  name?: { text: string; getStart(): number };
}

/** What runs a kernel's cells. */
interface Handler {
  handleExecute(request: { code: string }, ...rest: unknown[]): Promise<unknown>;
}

const allowed = Symbol.for("frostkit.allowShorthand");

/**
 * Lets a tslab kernel's cells say `{ train }` of a variable from an earlier cell. tslab makes `exports.train` of such a name
 * wherever it stands but there, where it then throws "ReferenceError: train is not defined". From the next cell on.
 */
export function allowShorthand(): void {
  const [ts] = loaded<TypeScript>("@tslab/typescript-for-tslab/lib/typescript.js");
  const handlers = loaded<{ JupyterHandlerImpl: { prototype: Handler } }>("tslab/dist/jupyter.js");
  for (const { prototype } of handlers.map((module) => module.JupyterHandlerImpl)) {
    if (allowed in prototype) continue;
    const { handleExecute } = prototype;
    prototype.handleExecute = function (request, ...rest) {
      return handleExecute.call(this, { ...request, code: longhand(request.code, ts) }, ...rest);
    };
    Object.defineProperty(prototype, allowed, { value: true });
  }
}

/** The same code with `{ train: train }` for `{ train }`. */
export function longhand(code: string, ts: TypeScript): string {
  const names: { text: string; start: number }[] = [];
  const visit = (node: SyntaxNode) => {
    if (ts.isShorthandPropertyAssignment(node))
      names.push({ text: node.name!.text, start: node.name!.getStart() });
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("cell.ts", code, ts.ScriptTarget.Latest, true));
  return names.reduceRight(
    (text, { text: name, start }) => `${text.slice(0, start)}${name}: ${text.slice(start)}`,
    code,
  );
}
