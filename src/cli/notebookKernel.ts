import { findJupyter, noFront } from "../notebook/findJupyter";
import { findKernel, isOurs } from "../notebook/kernelSpecs";

/** Whether the Jupyter that `frostkit notebook` opens has the kit's kernel, and what to do where it has not. */
export async function notebookKernel(): Promise<string> {
  try {
    const jupyter = await findJupyter();
    const { command, dataFolders, front } = jupyter;
    const name = command.join(" ");
    const kernel = findKernel(dataFolders);
    if (kernel === null)
      return `no: ${name} has no kernel of frostkit's; frostkit notebook registers it and opens the notebooks`;
    if (kernel.fault !== null) return `no: ${kernel.file} ${kernel.fault}${cureOf(kernel.file)}`;
    const found = `yes: ${name} finds ${kernel.file}`;
    return front === null ? `${found}; ${noFront(jupyter)}` : found;
  } catch (error) {
    return `no: ${(error as Error).message} (notebooks need it, the command line does not)`;
  }
}

/** What to do about a kernel that does not serve. */
const cureOf = (file: string): string =>
  isOurs(file)
    ? "; frostkit notebook registers it anew"
    : "; move it away, then frostkit notebook registers the kit's kernel";
