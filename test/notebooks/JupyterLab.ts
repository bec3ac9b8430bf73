import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { python } from "./inJupyter";
import { repository } from "./runNotebook";

export const CHROMIUM = "/usr/bin/chromium";

/** Why nothing can be opened in a browser here, or false. */
export const noBrowser: string | false =
  !existsSync(CHROMIUM) && `expected a browser as ${CHROMIUM}, found none; apt-get install chromium`;

/** Why no notebook can be opened in JupyterLab here, or false. */
export const noJupyterLab: string | false =
  noBrowser ||
  (spawnSync(python, ["-c", "import jupyterlab, nbconvert"]).status !== 0 &&
    `${python} has no jupyterlab with nbconvert; FROSTKIT_JUPYTER names another interpreter`);

/** A browser of its own, that knows nothing of earlier ones and asks the network for nothing by itself. */
export async function openBrowser(profile: string): Promise<BrowserContext> {
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: CHROMIUM,
    headless: true,
    viewport: { width: 1280, height: 1000 },
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
  browser.setDefaultTimeout(180_000);
  return browser;
}

/** Answers a page's request for Plotly at jsDelivr with npm's own file, as jsDelivr does, and lets no other leave the machine. */
export async function servePlotly(page: Page): Promise<void> {
  await page.route(
    (url) => /^https?:$/.test(url.protocol) && url.hostname !== "127.0.0.1",
    (route) => {
      const file = /^https:\/\/cdn\.jsdelivr\.net\/npm\/plotly\.js-dist-min@[\d.]+\/(plotly\.min\.js)$/.exec(
        route.request().url(),
      );
      if (!file) return route.abort();
      return route.fulfill({
        path: require.resolve(`plotly.js-dist-min/${file[1]}`),
        headers: { "access-control-allow-origin": "*" },
      });
    },
  );
}

/** JupyterLab on a folder, seen in a browser: both new, so that nothing is trusted and no setting is left of earlier ones. */
export class JupyterLab {
  private constructor(
    private readonly server: ChildProcess,
    private readonly url: URL,
    private readonly browser: BrowserContext,
    private readonly own: string,
  ) {}

  /** Starts one with the TypeScript kernel registered as `npm run notebook` does it. */
  static async start(folder: string): Promise<JupyterLab> {
    const own = mkdtempSync(join(tmpdir(), "frostkit-lab-"));
    const env = {
      ...process.env,
      PATH: `${dirname(python)}:${process.env.PATH}`,
      // Where Python is a virtual environment's, its folder of kernels would come before.
      JUPYTER_PREFER_ENV_PATH: "0",
      JUPYTER_CONFIG_DIR: join(own, "config"),
      JUPYTER_DATA_DIR: join(own, "data"),
      JUPYTER_RUNTIME_DIR: join(own, "runtime"),
      JUPYTERLAB_SETTINGS_DIR: join(own, "settings"),
      JUPYTERLAB_WORKSPACES_DIR: join(own, "workspaces"),
    };
    const kit = join(repository, "dist", "cli", "main.js");
    execFileSync(process.execPath, [kit, "notebook", "--no-open"], { env });
    const settings = {
      // Cells out of sight stay in the page.
      "notebook-extension/tracker": { windowingMode: "none" },
      "apputils-extension/notification": { fetchNews: "false", checkForUpdates: false },
    };
    for (const [name, value] of Object.entries(settings)) {
      const file = join(own, "settings", "@jupyterlab", `${name}.jupyterlab-settings`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, JSON.stringify(value));
    }
    const server = spawn(
      python,
      ["-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", folder],
      { env, stdio: ["ignore", "ignore", "pipe"] },
    );
    try {
      const url = await addressOf(server);
      return new JupyterLab(server, url, await openBrowser(join(own, "profile")), own);
    } catch (error) {
      server.kill("SIGTERM");
      throw error;
    }
  }

  /** Opens a notebook of the folder and waits until its kernel is ready. Of the network the page sees Plotly alone. */
  async open(file: string): Promise<Page> {
    const page = await this.browser.newPage();
    await servePlotly(page);
    // Without the tabs that an earlier page had open.
    await page.goto(`${this.url.origin}/lab/tree/${file}${this.url.search}&reset`);
    await page.getByText("TypeScript (frostkit) | Idle").waitFor();
    return page;
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.server.kill("SIGTERM");
    if (this.server.exitCode === null) await once(this.server, "exit");
    rmSync(this.own, { recursive: true, force: true });
  }
}

/** Where a server says that it can be reached, token included. */
function addressOf(server: ChildProcess): Promise<URL> {
  return new Promise((resolve, reject) => {
    let log = "";
    server.stderr!.setEncoding("utf8").on("data", (text: string) => {
      log += text;
      const url = /http:\/\/127\.0\.0\.1:\d+\/lab\?token=\w+/.exec(log);
      if (url) resolve(new URL(url[0]));
    });
    server.on("error", reject);
    server.on("close", (code) => reject(new Error(`JupyterLab ended with exit code ${code}: ${log}`)));
  });
}
