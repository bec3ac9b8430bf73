import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";

/** Whether a path is a folder's own, or lies in it, however both are spelt and through whatever links. */
export function isInside(path: string, folder: string): boolean {
  const [inner, outer] = [path, folder].map(canonical);
  return inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : outer + sep);
}

/** One spelling for each place, links followed as far as the path exists. */
function canonical(path: string): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch {
    const above = dirname(absolute);
    return above === absolute ? absolute : join(canonical(above), basename(absolute));
  }
}
