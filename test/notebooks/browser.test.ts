// Notebooks in a real browser: what a reader sees of the figures in JupyterLab, trusted and not, and in a page of nbconvert's.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { python } from "./inJupyter";
import { JupyterLab, noJupyterLab, openBrowser, servePlotly } from "./JupyterLab";
import { type Notebook, readNotebook, repository } from "./runNotebook";
import { withSettings } from "./withSettings";

const kept = join(repository, "notebooks", "03-freeze-sweep.ipynb");
const TITLES = [
  "Accuracy against frozen blocks",
  "Seconds per epoch against frozen blocks",
  "Memory and trainable parameters against frozen blocks",
];

// Below the repository, where "frostkit" is found.
mkdirSync(join(repository, "runs"), { recursive: true });
const folder = mkdtempSync(join(repository, "runs", "browser-"));
after(() => rmSync(folder, { recursive: true }));

/** A sweep of few and short trials. */
const SMALL = { validRows: "54", depths: "[0, 6]", seeds: "[0]", epochs: "1" };

/** What the figures' pictures are called and how wide they are, once all are loaded: 0 is a picture that cannot be shown. */
async function pictures(page: Page): Promise<{ title: string; width: number }[]> {
  for (const title of TITLES) await page.getByAltText(title, { exact: true }).first().waitFor();
  const all = await page.locator("img[alt*='frozen blocks']").evaluateAll((images) =>
    Promise.all(
      images.map(async (image) => {
        await image.decode().catch(() => {});
        return { title: image.alt, width: image.naturalWidth };
      }),
    ),
  );
  return all.filter(({ title }) => TITLES.includes(title));
}

function assertPictures(found: { title: string; width: number }[]): void {
  assert.deepEqual(
    found.map(({ title }) => title),
    TITLES,
  );
  for (const { title, width } of found) assert.ok(width >= 600, `${title}: ${width} pixels wide`);
}

const interactive = (page: Page) => page.locator(".js-plotly-plot");

test("Run in JupyterLab, 03's figure answers the pointer; saved and opened where nobody trusts it, it is a picture", {
  skip: noJupyterLab,
  timeout: 900_000,
}, async (t) => {
  const notebook = withSettings(readNotebook(kept), SMALL);
  const cells = notebook.cells.filter((cell) => cell.cell_type === "code").length;
  const home = join(folder, "home");
  const file = join(home, "03.ipynb");
  mkdirSync(home);
  writeFileSync(file, JSON.stringify(notebook));

  await t.test("All cells run through the menu, and the figures that come are interactive", async () => {
    const lab = await JupyterLab.start(home);
    try {
      const page = await lab.open("03.ipynb");
      await page.getByRole("menuitem", { name: "Run", exact: true }).click();
      await page.getByRole("menuitem", { name: "Run All Cells", exact: true }).click();
      const stderr = page.locator("[data-mime-type='application/vnd.jupyter.stderr']");
      const last = page.locator(".jp-CodeCell .jp-InputPrompt", { hasText: `[${cells}]:` });
      await last.or(stderr).first().waitFor();
      assert.deepEqual(await stderr.allInnerTexts(), []);
      await interactive(page)
        .nth(TITLES.length - 1)
        .waitFor();
      assert.equal(await interactive(page).count(), TITLES.length);

      const point = interactive(page).first().locator(".scatterlayer .trace .points path").first();
      await point.scrollIntoViewIfNeeded();
      const { x, y, width, height } = (await point.boundingBox())!;
      await page.mouse.move(x + width / 2, y + height / 2);
      const label = interactive(page).first().locator(".hoverlayer .hovertext");
      await label.first().waitFor();
      const said = await label.first().locator("text.nums").textContent();

      await page.keyboard.press("Control+s");
      await page.locator(".jp-mod-dirty").waitFor({ state: "detached" });
      const { data } = savedFigure(readNotebook(file));
      // A sweep as short as this one may be undertrained, and then says so behind it.
      const lines = [
        "N = 0 at rate 7e-4",
        `Accuracy ${data[0].y[0].toFixed(4)}`,
        "standard deviation unknown",
        "seeds 1",
      ];
      assert.ok(said!.startsWith(lines.join("")), said!);
    } finally {
      await lab.close();
    }
  });

  await t.test(
    "The saved notebook and the kept one, opened by somebody else, show the pictures and run no script",
    async () => {
      const elsewhere = join(folder, "elsewhere");
      mkdirSync(elsewhere);
      copyFileSync(file, join(elsewhere, "saved.ipynb"));
      copyFileSync(kept, join(elsewhere, "kept.ipynb"));
      const lab = await JupyterLab.start(elsewhere);
      try {
        for (const name of ["saved.ipynb", "kept.ipynb"]) {
          const page = await lab.open(name);
          await page.locator("[title^='Notebook not trusted']").first().waitFor();
          assertPictures(await pictures(page));
          assert.equal(await interactive(page).count(), 0);
          await page.close();
        }
      } finally {
        await lab.close();
      }
    },
  );
});

/** The first figure that a notebook was saved with. */
function savedFigure(notebook: Notebook): { data: { y: number[] }[] } {
  const figures = notebook.cells
    .flatMap(({ outputs = [] }) => outputs)
    .flatMap(({ data = {} }) => data["application/vnd.plotly.v1+json"] ?? []);
  return figures[0] as { data: { y: number[] }[] };
}

test("A page that nbconvert makes of 03 shows the pictures without a network, and the interactive figures with one", {
  skip: noJupyterLab,
  timeout: 300_000,
}, async () => {
  execFileSync(python, ["-m", "nbconvert", "--to", "html", "--output-dir", folder, kept], { stdio: "pipe" });
  const url = pathToFileURL(join(folder, "03-freeze-sweep.html")).href;
  const browser = await openBrowser(join(folder, "profile"));
  try {
    await browser.setOffline(true);
    const page = await browser.newPage();
    await page.goto(url);
    assertPictures(await pictures(page));
    assert.equal(await interactive(page).count(), 0);

    await browser.setOffline(false);
    await servePlotly(page);
    await page.reload();
    await interactive(page)
      .nth(TITLES.length - 1)
      .waitFor();
    assert.equal(await interactive(page).count(), TITLES.length);
  } finally {
    await browser.close();
  }
});
