import { FrostError } from "../../errors";
import { codeOf } from "../../files/codeOf";

/** The error itself, or one that says what to do where a disk is full or a folder cannot be written. */
export function explainFileError(error: unknown, folder: string): unknown {
  const code = codeOf(error);
  if (code === "ENOSPC" || code === "EDQUOT")
    return new FrostError(`the disk of ${folder} is full: make room there`);
  if (code === "EROFS" || code === "EACCES" || code === "EPERM")
    return new FrostError(
      `${folder} cannot be written: copy the project to a folder of yours, or run as the user who owns it`,
    );
  return error;
}
