import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Kernel, type Output, type Reply } from "../notebook/Kernel";
import { noJupyter, runInJupyter } from "./inJupyter";

/** A notebook's file (nbformat 4), as far as it is looked at here. */
export interface Notebook {
  cells: Cell[];
  metadata: { kernelspec: { name: string; language: string; display_name?: string } };
  nbformat?: number;
  nbformat_minor?: number;
}

export interface Cell {
  cell_type: "markdown" | "code";
  id?: string;
  metadata?: object;
  source: string | string[];
  outputs?: KeptOutput[];
  execution_count?: number | null;
}

/** A cell's output as it stands in the file. */
export interface KeptOutput {
  output_type: Output["type"] | "error" | "execute_result";
  metadata?: object;
  name?: string;
  text?: string | string[];
  /** Of an error: its class and message. */
  ename?: string;
  evalue?: string;
  data?: Record<string, unknown>;
}

export interface Ran {
  cell: Cell;
  code: string;
  reply: Reply;
}

export const repository = join(__dirname, "..", "..");

export const readNotebook = (path: string): Notebook => JSON.parse(readFileSync(path, "utf8"));

/** A multi-line string, which nbformat may keep as its lines. */
export const joined = (text: string | string[]): string => (Array.isArray(text) ? text.join("") : text);

/**
 * Runs a notebook's cells from the top in a kernel of its own, up to the first that fails. The kernel works in a fresh folder
 * below the repository, where "frostkit" is found and nothing is left of an earlier run. A cell may take `seconds`.
 */
export async function runNotebook(notebook: Notebook, { seconds = 300 } = {}): Promise<Ran[]> {
  mkdirSync(join(repository, "runs"), { recursive: true });
  const folder = mkdtempSync(join(repository, "runs", "notebook-"));
  if (isPython(notebook)) return runPython(notebook, folder);
  const kernel = await Kernel.start(folder);
  try {
    const ran: Ran[] = [];
    for (const cell of notebook.cells.filter((cell) => cell.cell_type === "code")) {
      const code = joined(cell.source);
      const reply = await kernel.execute(code, undefined, { seconds });
      ran.push({ cell, code, reply });
      if (reply.status !== "ok") break;
    }
    return ran;
  } finally {
    kernel.close();
    rmSync(folder, { recursive: true });
  }
}

/** Whether its own cells are Python, and those in TypeScript begin with `%%ts`. */
export const isPython = ({ metadata }: Notebook): boolean => metadata.kernelspec.language === "python";

/** Why a notebook cannot run here, or false. */
export const whyNotRun = (notebook: Notebook): string | false => isPython(notebook) && noJupyter;

async function runPython(notebook: Notebook, folder: string): Promise<Ran[]> {
  try {
    const { cells } = await runInJupyter(notebook, folder);
    return notebook.cells.flatMap((cell, i): Ran[] => {
      if (cell.cell_type !== "code") return [];
      const outputs = cells[i].outputs!;
      const error = outputs.find((output) => output.output_type === "error");
      const written = outputs.filter((output) => output !== error).map(asOutput);
      const stderr: Output[] = error ? [{ type: "stream", name: "stderr", text: error.evalue }] : [];
      const reply: Reply = {
        ...{ status: error ? "error" : "ok", outputs: [...written, ...stderr], frames: [] },
      };
      return [{ cell, code: joined(cell.source), reply }];
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** An output as Jupyter's client keeps it, as if it came from the kernel. */
function asOutput({ name, text, data }: KeptOutput): Output {
  if (name !== undefined) return { type: "stream", name, text: joined(text!) };
  const forms = Object.entries(data!).map(([mime, value]) => [
    mime,
    mime.startsWith("text/") || mime.startsWith("image/") ? joined(value as string | string[]) : value,
  ]);
  return { type: "display_data", data: Object.fromEntries(forms) };
}

/** What a cell put out, as a notebook keeps it; keys in the order in which Jupyter writes them. */
export function kept({ type, name, text, data }: Output): KeptOutput {
  if (type === "stream") return { name, output_type: type, text: lines(text!) };
  const forms = Object.entries(data!).sort(([a], [b]) => (a < b ? -1 : 1));
  const kept = forms.map(([mime, value]) => [
    mime,
    mime.startsWith("text/") ? lines(value as string) : value,
  ]);
  return { data: Object.fromEntries(kept), metadata: {}, output_type: type };
}

const lines = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
