import { InputError } from "../errors";
import { statIfThere } from "./statIfThere";

/** Throws where a folder, or what is neither file nor folder, is in the place of a file to write, or is named by a slash at its end. */
export function checkNoFolder(path: string, option?: string): void {
  if (/[/\\]$/.test(path))
    throw new InputError(
      `${option === undefined ? "" : `${option}: `}${path}: expected a file to write, got a folder's name, which ends in a slash; leave that out`,
    );
  const there = statIfThere(path);
  if (!there || there.isFile()) return;
  throw new InputError(
    `${option ?? path}: expected a file to write, got the ${there.isDirectory() ? "folder" : "device"} ${path}; move it away, or name another place`,
  );
}
