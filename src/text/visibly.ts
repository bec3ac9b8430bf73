import { visible } from "../freeze";

/** Hands lines on with what would steer a terminal spelled out, since names in them come from anyone's files. */
export const visibly =
  (log: (line: string) => void) =>
  (line: string): void =>
    log(visible(line));
