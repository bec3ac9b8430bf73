import { isDeepStrictEqual } from "node:util";
import { FrostError, InputError } from "../errors";
import { codeOf } from "../files/codeOf";
import { FolderLock } from "../files/FolderLock";
import { makeFolders } from "../files/makeFolders";
import { removeIfEmpty } from "../files/removeIfEmpty";
import { visibly } from "../text/visibly";
import { computedOtherwise } from "./computedOtherwise";
import type { FineTuneSettings } from "./FineTuneOptions";
import { identityDifference } from "./identityDifference";
import type { RunIdentity } from "./runIdentity";
import { SavePace } from "./SavePace";
import { StateFolder, type StoredState } from "./StateFolder";
import type { TrainingState, WeightFacts } from "./TrainingState";

interface Facts<Run> {
  identity: RunIdentity;
  weights: WeightFacts;
  run: Run;
  /** Whether the training has ended, so that nothing of it is left to do. */
  last: boolean;
}

/**
 * Keeps a training in its folder: finds the state of an earlier run, writes one now and then, and says once where it cannot. `Run` is what
 * the training keeps besides weights and optimizer, as plain data.
 */
export class StateKeeper<Run> {
  /** Updates that the newest state in the folder has seen; null where there is none. */
  step: number | null = null;
  #folder: StateFolder<Facts<Run>>;
  #pace: SavePace;
  #log: (line: string) => void;
  #identity: RunIdentity | null = null;
  #failed = false;
  #lock: FolderLock | null = null;
  /** Whether the folder was made for this run. */
  #isOwn = false;
  /** The state that is gone back to, as long as the optimizer's moments are not. */
  #stored: StoredState<Facts<Run>> | null = null;

  constructor(
    folder: string,
    private readonly settings: Pick<FineTuneSettings, "restart" | "saveEvery" | "log">,
    private readonly state: TrainingState,
    /** Whether a state that was computed by another engine or version of the kit gives way instead of being gone on from. */
    private readonly replacesOld = false,
  ) {
    this.#folder = new StateFolder(folder);
    this.#pace = new SavePace(settings.saveEvery);
    this.#log = visibly(settings.log ?? console.info);
    this.#folder.check();
  }

  /**
   * Brings the model to where the folder's run was and gives what else that run had kept, and what learnt when it began; null where
   * nothing is there. Before the first step `goOn` has to follow.
   *
   * @throws InputError where what is there is the state of another run
   */
  async begin(here: RunIdentity): Promise<{ run: Run; last: boolean; trainable: string[] } | null> {
    this.#identity = here;
    const { folder } = this.#folder;
    this.#isOwn = makeFolders(folder) !== undefined;
    this.#lock = FolderLock.take(folder, this.#log);
    if (this.settings.restart) this.#folder.clear();
    this.#folder.clearAbandoned();
    const stored = this.#folder.open(this.#log);
    if (!stored) return null;
    if (stored.facts.last) this.#folder.keepNewest();
    this.#stored = stored;
    const { identity, weights, run, last } = stored.facts;
    const otherwise = computedOtherwise(identity, here);
    if (otherwise !== null && this.replacesOld) {
      this.#log(`${folder}: begins anew, since what is there was computed by ${otherwise}`);
      this.#close();
      this.#folder.clear();
      return null;
    }
    await this.#check(stored, here);
    // Hours of training are not given up for last bits.
    if (otherwise !== null || identity.engine.hash !== here.engine.hash)
      this.#log(
        `${folder}: ${otherwise === null ? "goes on on another device, with other threads or settings" : `goes on, though what is there was computed by ${otherwise}`}, so the last bits of its numbers may differ from an undisturbed run's`,
      );
    // From now on it is the run that the state is of, whatever a stopped one has left in the model.
    this.#identity = identity;
    this.state.restore(stored, weights, last);
    this.step = weights.loop.step;
    return { run, last, trainable: identity.model.trainable };
  }

  /** Reads the optimizer's moments: only now, so that they take no room while frozen stages run. */
  goOn(): void {
    if (!this.#stored) return;
    this.state.restoreMoments(this.#stored, this.#stored.facts.weights);
    this.#close();
  }

  /** Closes what is open, and leaves the folder to others. */
  dispose(): void {
    this.#close();
    this.#lock?.release();
    if (this.#isOwn) removeIfEmpty(this.#folder.folder);
  }

  #close(): void {
    this.#stored?.close();
    this.#stored = null;
  }

  async afterStep(run: () => Run): Promise<void> {
    if (this.#pace.step(() => this.state.bytes)) await this.save(run());
  }

  async afterEpoch(run: () => Run): Promise<void> {
    if (this.#pace.epoch(() => this.state.bytes)) await this.save(run());
  }

  /** Writes the state; `last` is that of a training that has ended. */
  async save(run: Run, last = false): Promise<void> {
    // Not a step was taken since the state that is there.
    if (this.#stored) return;
    const { facts } = this.state;
    const begun = performance.now();
    try {
      this.#lock?.check();
      await this.#folder.write(
        { identity: this.#identity!, weights: facts, run, last },
        this.state.tensors(last),
      );
      if (last) this.#folder.keepNewest();
      this.step = facts.loop.step;
      this.#failed = false;
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined && !(error instanceof FrostError)) throw error;
      const why = code
        ? `${this.#folder.folder}: no state could be written (${code})`
        : (error as Error).message;
      if (!this.#failed) this.#log(`${why}; ${this.#leftBehind()}`);
      this.#failed = true;
    }
    this.#pace.wrote((performance.now() - begun) / 1000);
  }

  #leftBehind(): string {
    return this.step === null
      ? "the training goes on, with no state to resume it by"
      : `the training goes on, and the state after step ${this.step} stays`;
  }

  async #check(stored: StoredState<Facts<Run>>, here: RunIdentity): Promise<void> {
    const { identity, weights } = stored.facts;
    const { folder } = this.#folder;
    const instead = "`restart: true` begins anew, and another folder keeps both";
    const difference = identityDifference(identity, here);
    if (difference !== null)
      throw new InputError(`resume: ${folder} holds the state of another run: ${difference}; ${instead}`);
    const { trainable } = here.model;
    if (![identity.model.trainable, weights.trainable].some((names) => isDeepStrictEqual(names, trainable)))
      throw new InputError(
        `resume: ${folder} holds the state of another run: ${identity.model.trainable.length} parameters learnt there when it began, here ${trainable.length} others do; ${instead}`,
      );
    const stranger = await this.state.stranger(stored, identity, here);
    if (stranger !== null)
      throw new InputError(
        `resume: ${folder} holds the state of another run: expected a model as that run began with, or as it left it, got other values in ${stranger}; load the model anew, or ${instead}`,
      );
  }
}
