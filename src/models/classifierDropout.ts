import type { Config } from "./Family";

/** The rate in front of a head's dense layers: the config's own, else that of the blocks. */
export const classifierDropout = (config: Config): number =>
  config.number("classifier_dropout", config.number("hidden_dropout_prob", 0.1));
