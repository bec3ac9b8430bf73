// node --import tsx test/notebooks/screenshots.ts: takes the README's pictures of kept notebooks in JupyterLab.
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JupyterLab, noJupyterLab } from "./JupyterLab";
import { repository } from "./runNotebook";

/** Each picture shows the cell that has this code, and what follows it. */
const PICTURES = [
  { notebook: "01-list-and-freeze", code: "topNLayerFreeze(bert", png: "parameters" },
  {
    notebook: "03-freeze-sweep",
    code: "secondsFigure(records)",
    png: "figures",
  },
];

async function main() {
  if (noJupyterLab) throw new Error(noJupyterLab);
  const folder = mkdtempSync(join(tmpdir(), "frostkit-screenshots-"));
  for (const { notebook } of PICTURES)
    copyFileSync(join(repository, "notebooks", `${notebook}.ipynb`), join(folder, `${notebook}.ipynb`));
  const lab = await JupyterLab.start(folder);
  try {
    for (const { notebook, code, png } of PICTURES) {
      const page = await lab.open(`${notebook}.ipynb`);
      await page
        .locator(".jp-CodeCell", { hasText: code })
        .evaluate((cell) => cell.scrollIntoView({ block: "start" }));
      await page
        .locator(".jp-NotebookPanel")
        .screenshot({ path: join(repository, ".github", `notebook-${png}.png`) });
      await page.close();
    }
  } finally {
    await lab.close();
    rmSync(folder, { recursive: true });
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
