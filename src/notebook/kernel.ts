import { randomUUID } from "node:crypto";

/** What is displayed, by MIME type: a front end shows the richest it knows. */
export type Bundle = Record<string, unknown>;

/** tslab's way to the cell that was run last. */
type WriteDisplayData = (
  message: { data: Bundle; metadata: object; transient: { display_id: string } },
  update: boolean,
) => void;

/** One output of a cell; whatever is shown next takes the place of what was. */
export class Display {
  #id: string = randomUUID();
  #shown = false;

  constructor(private readonly write: WriteDisplayData) {}

  show(bundle: Bundle): void {
    this.write({ data: bundle, metadata: {}, transient: { display_id: this.#id } }, this.#shown);
    this.#shown = true;
  }
}

/** A new output of the cell that runs now, or null where this process is no tslab kernel. */
export function openDisplay(): Display | null {
  for (const { lastWriteDisplayData: write } of loaded<{ lastWriteDisplayData?: WriteDisplayData }>(
    "tslab/dist/jupyter.js",
  ))
    if (write) return new Display(write);
  return null;
}

/**
 * The copies of a module that this process has loaded already. Asked instead of `require`, since frostkit's tslab may be
 * another copy than the one that runs, and since outside a kernel neither tslab nor its sockets shall be loaded.
 */
export function loaded<Exports>(path: string): Exports[] {
  return Object.entries(require.cache)
    .filter(([file]) => file.replaceAll("\\", "/").endsWith(`/node_modules/${path}`))
    .map(([, module]) => module!.exports);
}
