import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { folderKind } from "../checkpoint/folderKind";
import { describeNames, listNames } from "../checkpoint/modelFiles";
import { InputError } from "../errors";
import { foldersWith } from "../files/foldersWith";
import { recordsName } from "../files/recordsName";
import { statIfThere } from "../files/statIfThere";
import { someOf } from "../text/someOf";

/** As many are named. */
const NAMED = 5;

/** Throws where a path is no sweep's folder; the error names the sweeps that lie in it, or says what it is instead. */
export function refuseNoSweep(folder: string): void {
  const there = statIfThere(folder);
  const expected = `${folder}: expected a sweep's folder with ${recordsName}, got`;
  if (!there) throw new InputError(`${expected} no such folder`);
  if (!there.isDirectory())
    throw new InputError(
      existsSync(join(dirname(folder), recordsName))
        ? `${expected} a file; name the folder it lies in: ${dirname(folder)}`
        : `${expected} a file`,
    );
  if (existsSync(join(folder, recordsName))) return;
  const sweeps = foldersWith(folder, recordsName, 4);
  if (sweeps.length > 0)
    throw new InputError(
      `${expected} one around ${someOf(sweeps, NAMED)}; name ${sweeps.length === 1 ? "that" : "one of them"}: ${join(folder, sweeps[0])}`,
    );
  const kind = folderKind(folder);
  throw new InputError(
    kind === null ? `${expected} one without; ${describeNames(listNames(folder))}` : `${expected} ${kind}`,
  );
}
