/** The internals of tslab 1.0.22 that are used here, which its own declarations leave out. */

/** What runs cells. */
export interface Executor {
  /** What cells have declared, by name. */
  locals: Record<string, unknown>;
  /** Runs a cell; false where it failed, once it has printed the error. */
  execute(code: string): Promise<boolean>;
  /** Gives up the cell that runs. */
  interrupt(): void;
}

/** A place in a cell, from 0. */
export interface Place {
  offset: number;
  line: number;
  character: number;
}

/** A cell as JavaScript. */
export interface Conversion {
  output?: string;
  /** What cells have declared after this one, as TypeScript's declarations. */
  declOutput?: string;
  hasToplevelAwait?: boolean;
  diagnostics: { start: Place; end: Place; fileName?: string }[];
}

/** What makes JavaScript of cells. */
interface Converter {
  convert(declared: string, code: string): Conversion;
  inspect(declared: string, code: string, position: number): unknown;
  complete(declared: string, code: string, position: number): unknown;
  addModule(name: string, content: string, meta: unknown): unknown;
  close(): void;
}

/** The converters of one kernel. */
interface Converters {
  readonly node: Converter;
  readonly browser: Converter;
  close(): void;
}

/** Where an executor puts the values of cells, and their errors. */
interface Console {
  log(value: unknown): void;
  error(...what: unknown[]): void;
}

/** Of `tslab/dist/executor.js`. */
export type CreateExecutor = (rootDir: string, converters: Converters, console: Console) => Executor;

/** A node of TypeScript's syntax tree. */
export interface SyntaxNode {
  kind: number;
  flags: number;
  name?: SyntaxNode;
  propertyName?: SyntaxNode;
  awaitModifier?: SyntaxNode;
  declarationList?: SyntaxNode & { declarations: SyntaxNode[] };
  statements?: SyntaxNode[];
  getStart(): number;
  getEnd(): number;
  getText(): string;
}

/** What is needed of the compiler that runs in tslab. */
export interface TypeScript {
  createSourceFile(name: string, text: string, target: number, setParents: boolean): SyntaxNode;
  forEachChild(node: SyntaxNode, visit: (child: SyntaxNode) => void): void;
  isShorthandPropertyAssignment(node: SyntaxNode): boolean;
  isBindingElement(node: SyntaxNode): boolean;
  isIdentifier(node: SyntaxNode): boolean;
  isFunctionLike(node: SyntaxNode): boolean;
  isClassLike(node: SyntaxNode): boolean;
  isAwaitExpression(node: SyntaxNode): boolean;
  isForOfStatement(node: SyntaxNode): boolean;
  isVariableStatement(node: SyntaxNode): boolean;
  NodeFlags: { Const: number };
  ScriptTarget: { Latest: number };
}
