import type { Rounds, Side, Task } from "./contest";
import type { Size } from "./randomCheckpoint";
import type { Row } from "./row";

/** What a part measured: rounds by the name of what was done. */
export type Measured = Record<string, Rounds>;

/** What a part measures with. */
export interface Bench {
  /** A table of texts and labels, how its columns are named, and its rows that are taken; without `valid` a fifth is set aside. */
  table: { train: string; valid?: string; text: string; label: string; rows: number };
  /** Of search: how many rows are taken to train on and to judge by, in which splits, with how many seeds, and where all of it stays. */
  search: { sizes: number[]; splits: number[]; validRows: number; seeds: number; folder: string };
  /** A folder for as long as the bench runs. */
  folder: string;
  /** The bundled encoder. */
  encoder: string;
  /** A small model, whose tokenizer the random checkpoints take. */
  mini: string;
  /** A random checkpoint's folder: made once for each family and size. */
  checkpoint(size: Size): string;
  /** Has both sides do a task in turns, as often as asked for; `taskOf` is given the round. */
  contest(
    name: string,
    taskOf: (round: number) => Task,
    options?: { sides?: Side[]; rounds?: number },
  ): Promise<Rounds>;
}

/** A part of the bench that can be run by itself. */
export interface Part {
  /** What is measured and how, for the reader of the results. */
  about: string;
  /** Whether it reads the table that the bench was given. */
  readsTable?: boolean;
  measure(bench: Bench): Promise<Measured>;
  rows(measured: Measured): Row[];
}
