import { listParams, type ParameterModel, type ParamRow, visible } from "../freeze";

/** A module: its own parameters, and the modules inside it by name. */
interface Module {
  parameters: ParamRow[];
  modules: Map<string, Module>;
}

/**
 * A model as PyTorch prints one: its modules inside each other, by the names of their parameters, with shapes; equal neighbours, as
 * blocks are, once. Frozen modules say so, and the last line counts.
 */
export function moduleTree(title: string, model: ParameterModel): string {
  const table = listParams(model);
  const root: Module = { parameters: [], modules: new Map() };
  for (const row of table) {
    const path = visible(row.name).split(".");
    let module = root;
    for (const name of path.slice(0, -1)) {
      if (!module.modules.has(name)) module.modules.set(name, { parameters: [], modules: new Map() });
      module = module.modules.get(name)!;
    }
    module.parameters.push({ ...row, name: path.at(-1)! });
  }
  return `${title} ${content(root, "", false)}\n${table.toString().split("\n").at(-1)}`;
}

/** What stands behind a module's name. */
function content(module: Module, indent: string, told: boolean): string {
  const frozen = !told && rowsOf(module).every(({ requiresGrad }) => !requiresGrad);
  const parameters = module.parameters.map((row) => {
    const partly = !told && !frozen && !row.requiresGrad ? " frozen" : "";
    return `${row.name} [${row.shape.join(", ")}]${row.tiedTo ? ` tied to ${visible(row.tiedTo)}` : ""}${partly}`;
  });
  if (module.modules.size === 0) return `${frozen ? "frozen: " : ""}${parameters.join(", ")}`;
  const inner = `${indent}  `;
  const lines = parameters.map((text) => `${inner}${text}`);
  const children = Array.from(module.modules, ([name, child]) => {
    return { first: name, last: name, count: 1, text: content(child, inner, told || frozen) };
  });
  for (const [i, child] of children.entries()) {
    const before = children[i - 1];
    const next = before && /^\d+$/.test(child.first) && Number(child.first) === Number(before.last) + 1;
    if (!next || before.text !== child.text) continue;
    Object.assign(child, { first: before.first, count: before.count + 1 });
    before.count = 0;
  }
  for (const { first, last, count, text } of children)
    if (count > 0)
      lines.push(
        `${inner}(${count > 1 ? `${first}-${last}` : last}): ${count > 1 ? `${count} x ` : ""}${text}`,
      );
  return `${frozen ? "frozen " : ""}(\n${lines.join("\n")}\n${indent})`;
}

const rowsOf = ({ parameters, modules }: Module): ParamRow[] => [
  ...parameters,
  ...Array.from(modules.values()).flatMap(rowsOf),
];
