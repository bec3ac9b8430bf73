import { join } from "node:path";
import type * as Ast from "typescript/unstable/ast";

export type { Ast };

/** Files of this repository as TypeScript parses them, and its functions that look at what it parsed. */
export interface Syntax {
  ast: typeof Ast;
  files: Map<string, Ast.SourceFile>;
}

/** Parses files that tsconfig.json includes. */
export async function parse(files: readonly string[]): Promise<Syntax> {
  const { API } = await import("typescript/unstable/sync");
  const root = join(__dirname, "..");
  const api = new API({ cwd: root });
  try {
    const snapshot = api.updateSnapshot({ openProjects: [join(root, "tsconfig.json")] });
    const { program } = snapshot.getProjects()[0];
    const trees = files.map((file): [string, Ast.SourceFile] => [file, program.getSourceFile(file)!]);
    return { ast: await import("typescript/unstable/ast"), files: new Map(trees) };
  } finally {
    api.close();
  }
}

/** Calls back for a node and all below it. */
export function walk(node: Ast.Node, visit: (node: Ast.Node) => void): void {
  visit(node);
  node.forEachChild((child) => walk(child, visit));
}

/** The modules that a file imports, re-exports, requires or takes a type of. */
export function importsOf(ast: typeof Ast, file: Ast.SourceFile): string[] {
  const found: string[] = [];
  walk(file, (node) => {
    if (!ast.isStringLiteral(node)) return;
    const { parent } = node;
    const named =
      ast.isImportDeclaration(parent) ||
      ast.isExportDeclaration(parent) ||
      ast.isExternalModuleReference(parent) ||
      (ast.isLiteralTypeNode(parent) && ast.isImportTypeNode(parent.parent)) ||
      (ast.isCallExpression(parent) && /^(import|require)\b/.test(parent.expression.getText(file)));
    if (named) found.push(node.text);
  });
  return found;
}
