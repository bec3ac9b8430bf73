import { mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";

/** Commands by which a machine has a Python, a Jupyter or a C++ compiler. */
const BEYOND_NODE =
  /^(python|pip|pyenv|conda|jupyter|ipython|(.*-)?(gcc|g\+\+|cc|c\+\+|c89|c99|clang)([-+.0-9].*)?$)/;

/**
 * The environment of a machine with Node.js alone: a home that is empty, and a PATH with Node's commands and the system's, but
 * neither Python nor a compiler. What it needs is made in `folder`.
 */
export function bareEnvironment(folder: string): NodeJS.ProcessEnv {
  const [home, bin] = ["home", "bin"].map((name) => join(folder, name));
  for (const made of [home, bin]) mkdirSync(made, { recursive: true });
  for (const from of [dirname(process.execPath), "/usr/local/bin", "/usr/bin", "/bin"])
    for (const name of namesIn(from))
      if (!BEYOND_NODE.test(name) && !namesIn(bin).has(name)) symlinkSync(join(from, name), join(bin, name));
  const kept = Object.entries(process.env).filter(([name]) => /^(LANG|LC_.*|TERM|CI|TMPDIR)$/.test(name));
  return { ...Object.fromEntries(kept), HOME: home, PATH: bin };
}

function namesIn(folder: string): Set<string> {
  try {
    return new Set(readdirSync(folder));
  } catch {
    return new Set();
  }
}
