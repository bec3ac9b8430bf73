import { existsSync } from "node:fs";
import { InputError } from "../errors";
import { checkNoFolder } from "../files/checkNoFolder";
import { isPicture } from "../report/isPicture";

/** Throws where another's file stands where a picture goes: nothing must be computed in vain, or replace what is not the kit's. */
export function checkPicture(path: string, what: string): void {
  checkNoFolder(path);
  if (existsSync(path) && !isPicture(path))
    throw new InputError(
      `--out: ${path} is no picture of the kit, and ${what} would replace it: name another folder or move that away`,
    );
}
