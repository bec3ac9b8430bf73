import { mkdirSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import { MARK } from "./processes";

/** Folders of one case: all that its runs can write to. */
export class Place {
  readonly root: string;

  constructor(path: string) {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
    this.root = realpathSync(path);
    for (const folder of [...this.watched, this.layer]) mkdirSync(folder);
  }

  /** The working directory. */
  get work(): string {
    return join(this.root, "work");
  }

  /** Working directory, TMPDIR, the kit's cache and the home folder. */
  get watched(): string[] {
    return ["work", "tmp", "cache", "home"].map((name) => join(this.root, name));
  }

  /** What the file layer needs for itself. */
  get layer(): string {
    return join(this.root, "layer");
  }

  /** The environment of a run; `mark` names its processes. */
  env(mark: string): NodeJS.ProcessEnv {
    const [, TMPDIR, FROSTKIT_CACHE, HOME] = this.watched;
    return {
      ...{ PATH: process.env.PATH, LANG: "C.UTF-8", HF_HUB_OFFLINE: "1" },
      ...{ HOME, TMPDIR, FROSTKIT_CACHE, [MARK]: mark },
    };
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
