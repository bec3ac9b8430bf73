/** A kind of run: what it is given, how it is started, and what must hold of what it writes. */
export interface Scenario {
  name: string;
  /** Lays out what the run reads, in an empty folder; `ended` is the folder that the undisturbed run of another kind has left. */
  prepare(folder: string, ended: (scenario: string) => string): void;
  /** The kinds of run that `prepare` wants to have ended. */
  after?: string[];
  /** What Node.js is given: the command line's main file, or a script, and its arguments. The run's working directory is `folder`. */
  args(folder: string): string[];
  env?(folder: string): NodeJS.ProcessEnv;
  /** Paths that, once they are there, hold what they hold at the end. */
  whole: RegExp;
  /** Paths of what holds seconds or bytes of memory: it has to be there, and to come to its end. */
  timed?: RegExp;
  /** The exit code of the undisturbed run. Default: 0. */
  code?: number;
}
