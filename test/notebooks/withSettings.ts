import assert from "node:assert/strict";
import { joined, type Notebook } from "./runNotebook";

/** A notebook as one has it who has not run it, with other values of some of the settings that its first cell begins with. */
export function withSettings(notebook: Notebook, settings: Record<string, string>): Notebook {
  const changed = structuredClone(notebook);
  for (const cell of changed.cells.filter((cell) => cell.cell_type === "code")) {
    Object.assign(cell, { outputs: [], execution_count: null });
    if (cell.id !== "configuration") continue;
    for (const [name, value] of Object.entries(settings)) {
      // `name: value, // why` in TypeScript, `name=value,  # why` in Python.
      const setting = new RegExp(`(?<=\\n {2,4}${name}(: |=))[^\\n]+?(?=, +(//|#))`);
      assert.match(joined(cell.source), setting, `the notebook has a setting ${name}`);
      cell.source = joined(cell.source).replace(setting, value);
    }
  }
  return changed;
}
