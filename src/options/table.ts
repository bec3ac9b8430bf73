import {
  above,
  below,
  boolean,
  callback,
  delimiter,
  distinct,
  either,
  encoding,
  exactlyOne,
  float,
  having,
  integer,
  type Kind,
  kindOf,
  list,
  name,
  number,
  parts,
  signal,
  text,
  word,
} from "./kinds";
import { type OptionTable, option } from "./Option";
import { readNamed } from "./readNamed";
import {
  type ADVERSARIES,
  type AVERAGES,
  GOALS,
  HEAD_INITS,
  INTERPOLATIONS,
  LOSSES,
  POOLINGS,
  PROBLEM_TYPES,
  RECIPES,
  SCHEDULES,
} from "./words";

// Every option of every exported function. Checks, doc comments (test/options/refresh.ts writes them), docs/options.md and the
// command line's flags come from here: whoever adds an option adds an entry, and its name to the function's options type.

const seedOf = (what: string) => option(`Starts every random draw: ${what}.`, integer(), { default: 0 });

const stop = (when: string) => option(`Stops ${when}.`, signal());

const progress = (what: string) =>
  option(`Told how many ${what} of how many are done.`, callback(), { also: ["on_progress", "callback"] });

const ENCODING =
  'How characters are written as bytes, by the name that Python or the web has for it: "windows-1252", "latin1", "gbk", "utf-16".';

const log = (what: string) =>
  option(`Takes ${what}.`, callback(), { defaultSays: "console.info", also: ["logs"] });

const metric = (what: string) => option(what, name(), { default: "accuracy" });

const furtherMetrics = (says: string) =>
  option(
    `Further metrics to compute${says}: balancedAccuracy, macroF1, microF1, weightedF1 and quadraticKappa of classes, mae, r2, pearson, spearman and mcrmse of numbers; behind a colon that of one class or target alone, "rocAuc:toxic". One of your own is \`{ name, score, greaterIsBetter }\`, which a sweep does not take.`,
    list(metricKind()),
    { defaultSays: "none", also: ["compute_metrics"] },
  );

const problemType = (says: string, defaultSays: string) =>
  option(says, word(PROBLEM_TYPES), { defaultSays, also: ["task"] });

const precision = option(
  'Of matrix products: "bf16" reads their factors in bfloat16, "fp16" in float16, where training scales the loss so that its gradients fit; both on engine tensorflow. All else is float32, convolutions too.',
  float(),
  {
    default: "fp32",
    flag: "--precision <type>",
    also: ["dtype", "torch_dtype", "fp16", "bf16", "half", "mixed_precision", "amp"],
  },
);

const epochs = <const Default extends number>(says: string, otherwise: Default) =>
  option(says, integer(1), {
    default: otherwise,
    flag: "--epochs <count>",
    also: ["num_train_epochs", "num_epochs", "n_epochs", "max_epochs"],
  });

const batchSize = <const Default extends number>(says: string, otherwise: Default) =>
  option(says, integer(1), {
    default: otherwise,
    flag: "--batch, --batch-size <rows>",
    also: ["per_device_train_batch_size", "train_batch_size", "per_device_eval_batch_size", "bs"],
  });

const learningRate = option("Peak learning rate of AdamW.", number(0), {
  default: 5e-5,
  flag: "--lr, --learning-rate <rate>",
  also: ["lr", "max_lr"],
});

const weightDecay = option("Decoupled weight decay.", number(0), {
  default: 0.01,
  flag: "--weight-decay <rate>",
  also: ["wd", "decay"],
});

const pattern = kindOf(
  "part of a name, a glob, a RegExp or a predicate",
  (value) => (typeof value === "string" && value !== "") || typeof value === "function" || isRegExp(value),
);

/** Also of another realm, as a notebook's cell may be. */
const isRegExp = (value: unknown) => Object.prototype.toString.call(value) === "[object RegExp]";

const unfreezePlan = () => either(word(["gradual"]), list(integer(-1)));

export const focalLoss = {
  name: option("Which loss.", word(["focal"]), { required: true }),
  gamma: option("How much less counts what is right already; 0 is the cross-entropy.", above(0), {
    defaultSays: "2",
    also: ["focusing"],
  }),
} satisfies OptionTable;

export const smoothL1Loss = {
  name: option("Which loss.", word(["smoothL1"]), { required: true }),
  beta: option("Beyond this distance it grows in a line.", above(0), {
    defaultSays: "1",
    also: ["delta"],
  }),
} satisfies OptionTable;

export const customMetric = {
  name: option("What records and messages call it: another name than the kit's metrics have.", name(), {
    required: true,
  }),
  score: option(
    "Scores probabilities, or predicted values, [rows · labels] against what is true of the rows.",
    callback(),
    { required: true, also: ["fn", "func", "function"] },
  ),
  greaterIsBetter: option("Whether more of it is better; of an error less is.", boolean(), {
    default: true,
    also: ["greater_is_better"],
  }),
} satisfies OptionTable;

/** A metric by its name, or one of the user's own. */
const metricKind = () => either(name(), parts(customMetric));

export const emaAverage = {
  name: option("Which mean.", word(["ema"]), { required: true }),
  decay: option("The share that the mean keeps at each step.", below(0, 1), {
    defaultSays: "0.999",
    also: ["ema_decay", "beta", "momentum"],
  }),
} satisfies OptionTable;

export const swaAverage = {
  name: option("Which mean.", word(["swa"]), { required: true }),
  fromEpoch: option("The first epoch whose weights it takes in.", integer(1), {
    defaultSays: "the last quarter of the epochs, two at least",
    also: ["swa_start", "swa_epoch_start", "start", "startEpoch"],
  }),
  everySteps: option("Takes them in after every so many steps of the run.", integer(1), {
    defaultSays: "at each epoch's end",
    also: ["swa_freq", "every"],
  }),
} satisfies OptionTable;

const fromEpoch = option("The first epoch that has it.", integer(1), {
  defaultSays: "1",
  also: ["start_epoch", "startEpoch", "start", "adv_start"],
});

export const fgm = {
  name: option("Which one.", word(["fgm"]), { required: true }),
  epsilon: option("How far: the norm of the change.", above(0), {
    defaultSays: "1",
    also: ["eps", "adv_eps"],
  }),
  fromEpoch,
} satisfies OptionTable;

export const awp = {
  name: option("Which one.", word(["awp"]), { required: true }),
  learningRate: option("How far: the change's norm as a share of the weight's.", above(0), {
    defaultSays: "1e-4",
    also: ["adv_lr", "lr"],
  }),
  epsilon: option("The most that a number may change, as a share of itself.", above(0), {
    defaultSays: "1e-2",
    also: ["adv_eps", "eps"],
  }),
  fromEpoch,
} satisfies OptionTable;

/** One of several things by its name, or as an object with that name and settings. */
function namedKind(tables: Record<string, OptionTable>): Kind {
  const names = Object.keys(tables);
  const [first] = names;
  const expected = `${word(names).expected}, or one of them with a setting`;
  const alone = kindOf(expected, (value) => names.includes(value as string));
  return {
    expected,
    check(name, value, owner) {
      if (typeof value !== "object" || value === null) return alone.check(name, value, owner);
      const { name: given } = value as { name?: unknown };
      const table = names.includes(given as string) ? tables[given as string] : tables[first];
      return parts(table).check(name, value, owner);
    },
  };
}

/** A loss by its name, with a setting, or a function. */
function lossKind(): Kind {
  const [named, focal, smooth] = [word(LOSSES), parts(focalLoss), parts(smoothL1Loss)];
  return {
    expected: `${named.expected}, one of them with a setting, or a function`,
    check(name, value, owner) {
      if (typeof value === "function") return value;
      if (typeof value !== "object" || value === null)
        return kindOf(this.expected, (each) => LOSSES.includes(each as never)).check(name, value, owner);
      return ((value as { name?: unknown }).name === "smoothL1" ? smooth : focal).check(name, value, owner);
    },
  };
}

export const parameterGroup = {
  match: option("Which parameters: as `freezeWhere` takes them.", pattern, {
    required: true,
    also: ["params", "pattern", "name", "names"],
  }),
  learningRate: option("Their peak learning rate.", number(0), {
    defaultSays: "that of all others",
    also: ["lr"],
  }),
  weightDecay: option("Their weight decay.", number(0), { defaultSays: "that of all others", also: ["wd"] }),
} satisfies OptionTable;

/** How a model is trained: what `fineTune` takes, and each trial of a sweep. */
export const training = {
  epochs: epochs("How often the training rows are gone through.", 2),
  batchSize: batchSize("Rows a step.", 32),
  learningRate,
  weightDecay,
  betas: option(
    "Shares that AdamW's running means of gradients and of their squares keep at each step.",
    list(below(0, 1), 2),
    { default: [0.9, 0.999], also: ["adam_beta1", "adam_beta2", "adam_betas"] },
  ),
  eps: option("Keeps AdamW from dividing by zero.", above(0), {
    default: 1e-8,
    also: ["adam_epsilon", "epsilon"],
  }),
  schedule: option("How the learning rate falls after the warm-up.", word(SCHEDULES), {
    default: "linear",
    flag: "--schedule <name>",
    also: ["lr_scheduler_type", "lr_scheduler", "scheduler"],
  }),
  warmup: option("Share of all steps over which the learning rate rises from 0.", number(0, 1), {
    default: 0.1,
    flag: "--warmup <share>",
    also: ["warmup_ratio", "warmup_steps"],
  }),
  maxGradNorm: option(
    "Gradients are scaled down to this global norm; `Infinity` leaves them.",
    kindOf("a number above 0 or Infinity", (value) => typeof value === "number" && value > 0),
    { default: 1, also: ["grad_clip", "clip_grad_norm", "gradient_clip_val"] },
  ),
  gradientAccumulation: option("Batches whose gradients make one step.", integer(1), {
    default: 1,
    flag: "--gradient-accumulation <batches>",
    also: ["gradient_accumulation_steps", "accumulate_grad_batches"],
  }),
  microBatchSize: option(
    'Rows that go through the model at a time; their gradients are added up to those of the batch, so that a step stays what it is. "auto" finds by trying, before the first step, how many fit into memory. Where memory runs out, half as many go at a time from then on.',
    either(word(["auto"]), integer(1)),
    {
      defaultSays: "all of a batch",
      flag: "--micro-batch, --micro-batch-size <rows>",
      also: ["micro_batch_size", "auto_find_batch_size", "device_train_microbatch_size"],
    },
  ),
  parameterGroups: option(
    "Parameters that learn at a rate or decay of their own. Later groups win over earlier ones, and over layer-wise decay.",
    list(parts(parameterGroup)),
    { defaultSays: "none", also: ["param_groups", "groups"] },
  ),
  layerwiseDecay: option(
    "The learning rate falls by this factor with each layer below the head (Howard and Ruder 2018).",
    number(0, 1),
    {
      default: 1,
      flag: "--layerwise-decay <factor>",
      also: ["llrd", "layerwise_lr_decay", "layerwise_learning_rate_decay"],
    },
  ),
  loss: option(
    'What is minimised: "mse" or "smoothL1" of numbers, "crossEntropy", "focal" (Lin et al. 2017) or "ordinal" (Hou et al. 2016) of one class a row, "bce" or "focal" of several labels; `{ name: "focal", gamma: 1 }` and `{ name: "smoothL1", beta: 0.5 }` set what is 2 and 1 otherwise. In `fineTune` also a function of the logits [rows, labels] and of what is true, a class\'s number or values [rows, labels], to the loss of each row [rows].',
    lossKind(),
    {
      defaultSays: "mse, crossEntropy or bce, by what the labels are",
      flag: "--loss <name>",
      also: ["criterion", "loss_fn", "loss_function", "compute_loss_func"],
    },
  ),
  classWeights: option(
    'Weight of each class in the loss, in the order of the logits, or "balanced": rows / (classes · rows of the class).',
    either(word(["balanced"]), list(number(0))),
    { defaultSays: "all 1", flag: "--class-weights <list>", also: ["class_weight", "weight"] },
  ),
  labelSmoothing: option(
    "Share of a label that is spread evenly over all classes (Szegedy et al. 2016).",
    number(0, 1),
    { default: 0, also: ["label_smoothing_factor"] },
  ),
  headInit: option(
    "What the last layer of a new head starts from: the values drawn for it, or a linear probe of the training rows. The probe is a ridge regression on what the layer reads of them, one forward for all depths and seeds; fine-tuning goes on from there (Kumar et al. 2022).",
    word(HEAD_INITS),
    { default: "random", flag: "--head-init <name>", also: ["head_init", "lp_ft", "linear_probing"] },
  ),
  average: option(
    'Judges by a mean of the weights and ends with it, while training goes on with the weights themselves. "ema" is exponential, after each step; "swa" is that of the ends of the last epochs (Izmailov et al. 2018). `{ name: "ema", decay: 0.99 }` and `{ name: "swa", fromEpoch: 3, everySteps: 50 }` set what is 0.999, the last quarter of the epochs, two at least, and each epoch\'s end otherwise.',
    namedKind({ ema: emaAverage, swa: swaAverage } satisfies Record<(typeof AVERAGES)[number], OptionTable>),
    {
      defaultSays: "none",
      flag: "--average <name>",
      also: ["ema", "swa", "model_ema", "ema_decay", "swa_start", "averaging", "averaged_model"],
    },
  ),
  adversarial: option(
    'Learns from gradients at disturbed weights, found by a second forward and backward of each step. "fgm" moves the word embeddings along their gradient and counts both gradients (Miyato et al. 2017); "awp" moves the weights that learn and counts the gradients there alone (Wu et al. 2020). `{ name: "fgm", epsilon: 0.5 }` and `{ name: "awp", learningRate: 1e-3, epsilon: 1e-3, fromEpoch: 2 }` set what is 1, 1e-4, 1e-2 and the first epoch otherwise.',
    namedKind({ fgm, awp } satisfies Record<(typeof ADVERSARIES)[number], OptionTable>),
    {
      defaultSays: "none",
      flag: "--adversarial <name>",
      also: ["awp", "fgm", "adv_lr", "adv_eps", "adversarial_training", "adv"],
    },
  ),
  unfreeze: option(
    "Thaws from the head down as epochs go; parameters that are frozen when the run starts stay frozen.",
    unfreezePlan(),
    { defaultSays: "no thawing", also: ["unfreezing", "gradual_unfreezing", "thaw"] },
  ),
  metric: option(
    'Judges epochs for `earlyStopping` and `restoreBest`: a metric\'s name or "loss". In `fineTune` also `{ name, score, greaterIsBetter }`, one of your own.',
    metricKind(),
    {
      defaultSays: "accuracy, or rmse in a regression",
      flag: "--metric <name>",
      also: ["metric_for_best_model", "monitor"],
    },
  ),
  metrics: { ...furtherMetrics(" at each look at the rows"), flag: "--metrics <names>" },
  evalEvery: option(
    "Scores the validation rows within an epoch as well: every so many steps, counted from its beginning, or after each such share of it, as 0.5. Its end is scored in any case. `metric` then judges each evaluation.",
    either(integer(1), above(0, 1)),
    {
      defaultSays: "at each epoch's end alone",
      flag: "--eval-every <steps>",
      also: ["eval_steps", "evaluation_strategy", "eval_strategy", "val_check_interval", "eval_every"],
    },
  ),
  earlyStopping: option(
    "Stops after this many epochs in a row without a better one, with `evalEvery` after this many evaluations.",
    integer(1),
    {
      defaultSays: "never",
      flag: "--early-stopping <epochs>",
      also: ["early_stopping_patience", "patience"],
    },
  ),
  restoreBest: option(
    "Ends with the weights of the best epoch, with `evalEvery` of the best evaluation.",
    boolean(),
    {
      defaultSays: "true with `earlyStopping`, else false",
      also: ["load_best_model_at_end", "restore_best_weights"],
    },
  ),
  precision,
  gradientCheckpointing: option(
    "Saves of each stage below the head nothing but its input and computes it again in backward: less memory, a forward more a step, the same losses bit for bit.",
    boolean(),
    { default: false, flag: "--gradient-checkpointing" },
  ),
  frozenDropout: option(
    "Lets dropout fire in frozen stages while training, as PyTorch does; the frozen part then runs at every step.",
    boolean(),
    { default: false, flag: "--frozen-dropout" },
  ),
} satisfies OptionTable;

/** How a single step is computed, whatever its rate. */
const ofSteps = {
  batchSize: training.batchSize,
  weightDecay,
  betas: training.betas,
  eps: training.eps,
  maxGradNorm: training.maxGradNorm,
  gradientAccumulation: training.gradientAccumulation,
  microBatchSize: training.microBatchSize,
  parameterGroups: training.parameterGroups,
  layerwiseDecay: training.layerwiseDecay,
  loss: training.loss,
  classWeights: training.classWeights,
  labelSmoothing: training.labelSmoothing,
  precision,
  gradientCheckpointing: training.gradientCheckpointing,
  frozenDropout: training.frozenDropout,
} satisfies OptionTable;

const resume = option(
  "A folder for the run's state, from which the same call goes on where a run was stopped or killed, to the same numbers bit for bit on the same engine; a run that has ended gives its weights and result from there.",
  name(),
  {
    defaultSays: "none",
    flag: "--resume <dir>",
    also: ["resume_from_checkpoint", "ckpt_path", "checkpoint"],
  },
);

/** How a training is kept and ended. */
export const keeping = {
  saveEvery: option(
    "How often the state is written within an epoch: every so many steps, or `{ minutes: 10 }`; then at each epoch's end as well.",
    either(
      integer(1),
      parts({
        minutes: option("How many minutes pass from one to the next.", above(0), { required: true }),
      }),
    ),
    {
      defaultSays: "as often as takes at most 2 % of the time",
      flag: "--save-every <steps>",
      also: ["save_steps", "every_n_train_steps", "save_freq"],
    },
  ),
  restart: option("Begins anew, whatever state of an earlier run the folder holds.", boolean(), {
    default: false,
    flag: "--restart",
  }),
  maxMinutes: option(
    "Ends it between two steps when so many minutes have passed, as on a machine that will be taken away.",
    number(0),
    { defaultSays: "no limit", flag: "--max-minutes <minutes>", also: ["max_time", "time_limit"] },
  ),
} satisfies OptionTable;

const ofRecipe = {
  recipe: option("Which one.", word(RECIPES), { required: true }),
  name: option("What it is called in records and figures.", name(), { defaultSays: "the recipe's name" }),
  learningRate: option("Its peak learning rate; recipes that train little want a higher one.", number(0), {
    defaultSays: "the sweep's",
    also: ["lr"],
  }),
} satisfies OptionTable;

const lora = {
  rank: option("Rows of A and columns of B.", integer(1), { default: 8, also: ["r", "lora_rank", "lora_r"] }),
  alpha: option("The change weighs alpha / rank.", above(0), { default: 16, also: ["lora_alpha"] }),
  dropout: option("Rate of the dropout in front of A.", number(0, 0.99), {
    default: 0,
    also: ["lora_dropout"],
  }),
  targetModules: option(
    'Which dense layers of the blocks carry adapters: how their names end, as "query", "attention.output.dense".',
    distinct(name()),
    { defaultSays: "those of query and value", also: ["target_modules"] },
  ),
  layersToTransform: option("In which blocks, counted from 0.", distinct(integer(0)), {
    defaultSays: "all",
    also: ["layers_to_transform", "layers"],
  }),
  useRslora: option(
    "Whether the change weighs alpha / √rank instead, so that a large rank learns as fast as a small one (rsLoRA: Kalajdzievski 2023).",
    boolean(),
    { default: false, also: ["use_rslora", "rslora"] },
  ),
  useDora: option(
    "Whether the length of each row of the changed weight learns by itself (DoRA: Liu et al. 2024).",
    boolean(),
    { default: false, also: ["use_dora", "dora"] },
  ),
} satisfies OptionTable;

/** The same options, of which one that is left out stays so: its default is only told. */
function withoutDefaults<Table extends OptionTable>(table: Table): Table {
  const told = Object.entries(table).map(([name, { default: value, defaultSays, ...rest }]) => [
    name,
    { ...rest, defaultSays: defaultSays ?? `${value}` },
  ]);
  return Object.fromEntries(told) as Table;
}

/** The options of each recipe of a sweep. */
export const recipes = {
  layerwiseDecay: {
    ...ofRecipe,
    decay: option("The learning rate falls by this factor with each layer below the head.", number(0, 1), {
      defaultSays: "0.9",
    }),
  },
  gradual: {
    ...ofRecipe,
    unfreeze: option("When which blocks thaw.", unfreezePlan(), { defaultSays: '"gradual"' }),
  },
  bitFit: ofRecipe,
  norms: ofRecipe,
  // Without defaults: a record holds what was asked for.
  lora: {
    ...ofRecipe,
    ...withoutDefaults(lora),
    n: option(
      "Adapters on block N and those above it alone; what is below stays frozen, and is computed once. Several, for a trial of each.",
      either(integer(0), distinct(integer(0))),
      { defaultSays: "adapters on all blocks", also: ["freeze"] },
    ),
  },
} satisfies Record<(typeof RECIPES)[number], OptionTable>;

export const poolingHead = {
  pooling: option(
    "How the rows of a text become one: the first, their mean, their maximum, both of these, their mean by learnt weights, the first few side by side, or the final states of a GRU or an LSTM that reads them.",
    word(POOLINGS),
    { required: true, also: ["pooling_type", "pooling_layer"] },
  ),
  lastLayers: option("Layers, counted from the last, whose outputs stand side by side.", integer(1), {
    defaultSays: "1, or all blocks with `useWeightedLayerSum`",
  }),
  useWeightedLayerSum: option(
    "Whether these layers are added up instead, weighted by the softmax of weights that are learnt (Peters et al. 2018).",
    boolean(),
    { defaultSays: "false", also: ["weighted_layer_pooling", "layer_weights"] },
  ),
  rows: option("How many rows `firstRows` reads; zeros where a text has fewer.", integer(1), {
    defaultSays: "4",
    also: ["k", "first_k", "num_tokens"],
  }),
  hiddenSize: option("The width of the states of `gru` and `lstm`.", integer(1), {
    defaultSays: "the encoder's",
    also: ["hiddendim_lstm", "hidden_lstm_size", "lstm_hidden_size", "gru_hidden_size"],
  }),
  bidirectional: option(
    "Whether `gru` and `lstm` read the rows from the last to the first too, by weights of their own.",
    boolean(),
    { defaultSays: "false" },
  ),
  dropout: option("Rate in front of the dense layer.", number(0, 0.99), { defaultSays: "0.1" }),
  dropoutSamples: option("How many dropouts the logits are the mean of (Inoue 2019).", integer(1), {
    defaultSays: "1",
  }),
} satisfies OptionTable;

export const customHead = {
  parameters: option(
    "Shapes by name. Matrices start as the config's `initializer_range` says, vectors at 0, those named `…weight` at 1.",
    callback(),
    { required: true },
  ),
  forward: option(
    "From the outputs of the last layers, [batch, seq, hidden] each, the last one first, to the logits [batch, labels].",
    callback(),
    { required: true },
  ),
  lastLayers: option("How many layers `forward` gets.", integer(1), { defaultSays: "1" }),
} satisfies OptionTable;

const range = list(number(0), 2);

export const augmentation = {
  scale: option("The least and the most of its area that a random crop takes of an image.", range, {
    default: [0.08, 1],
  }),
  ratio: option("The least and the most of a crop's width / height.", range, { default: [3 / 4, 4 / 3] }),
  hflip: option("How likely a crop is mirrored, left to right.", number(0, 1), {
    default: 0.5,
    also: ["horizontal_flip", "flip", "mirror"],
  }),
} satisfies OptionTable;

const share = kindOf(
  "a number above 0 and up to 1",
  (value) => typeof value === "number" && value > 0 && value <= 1,
);

/** What images are made into. */
export const imageTransform = {
  size: option("What the model sees: a square of so many pixels a side.", integer(1), { required: true }),
  cropPct: option("The share of the shorter side that the square covers.", share, {
    required: true,
    also: ["crop_ratio"],
  }),
  interpolation: option("How pixels are scaled.", word(INTERPOLATIONS), { required: true }),
  mean: option("Of each colour between 0 and 1.", list(number(), 3), { required: true }),
  std: option("Of each colour between 0 and 1.", list(above(0), 3), { required: true }),
} satisfies OptionTable;

const reinitLayers = option(
  "Blocks, counted from the last, that start from fresh weights instead of the checkpoint's (Zhang et al. 2021).",
  integer(0),
  { default: 0, also: ["reinitialize_n_layers", "reinit_n_layers"] },
);

const loading = {
  numLabels: option(
    "How many classes or labels the head tells apart, where these have no names: they are then called LABEL_0, LABEL_1, …; 1 makes a regression of texts.",
    integer(1),
    { defaultSays: "the checkpoint's own number, else 2", also: ["num_classes", "n_classes"] },
  ),
  classes: option(
    "Names of the classes, labels or targets in the order of the logits. They also say how many there are, so that `numLabels` is left out beside them.",
    list(text()),
    {
      defaultSays: "the checkpoint's own, where they are as many",
      also: ["id2label", "label2id", "labels", "label_names", "class_names"],
    },
  ),
  seed: seedOf("weights of a new head and of layers that start anew"),
  ignoreMismatchedSizes: option(
    "Starts parameters of another shape than the checkpoint's anew, instead of refusing.",
    boolean(),
    { default: false, flag: "--ignore-mismatched-sizes" },
  ),
  log: log(
    "the lines on what was newly initialised or left unused, and on the head the encoder was trained for",
  ),
} satisfies OptionTable;

const revision = option("A revision on the Hub: branch, tag or commit.", name(), { default: "main" });

const folds = {
  folds: option("How many folds.", integer(2), { default: 5, also: ["n_splits", "k", "num_folds"] }),
  seed: seedOf("which rows come together"),
} satisfies OptionTable;

const ofTrials = { metric: metric("What depths are judged by.") } satisfies OptionTable;

const probedDepth = {
  n: option("How many blocks came before.", integer(0), { required: true }),
  metric: option("What the score is.", word(["accuracy", "rmse"]), { required: true }),
  score: option("Of a linear probe.", number(), { required: true }),
  logMe: option("LogME.", number(), { required: true }),
  variability: option(
    "Hidden state variability.",
    either(
      number(0),
      kindOf("null", (value) => value === null),
    ),
    { required: true },
  ),
} satisfies OptionTable;

/** Of a picture of a sweep's scores. */
const scores = {
  ...ofTrials,
  probe: option(
    "What `probeDepths` gave for the model, drawn as a dotted line: what can be told without training.",
    list(parts(probedDepth)),
    { defaultSays: "none" },
  ),
} satisfies OptionTable;

const picture = {
  width: option("In pixels.", number(1), { default: 700 }),
  height: option("In pixels.", number(1), { defaultSays: "what the figure's layout says" }),
} satisfies OptionTable;

const outputHiddenStates = option(
  "Also gives what each stage below the head gives, embeddings or stem first.",
  boolean(),
  { default: false },
);

const tokens = kindOf(
  "a list of numbers for each row",
  (value) => Array.isArray(value) && value.every((row) => Number.isInteger(Object(row).length)),
);

const tokensOrNull = either(
  tokens,
  kindOf("null", (value) => value === null),
);

/** What a text model's `forward` reads. */
export const tokenRows = {
  inputIds: option("Token ids, row by row, all rows of one length.", tokens, {
    required: true,
    also: ["input_ids"],
  }),
  attentionMask: option("1 for tokens, 0 for padding.", tokensOrNull, { defaultSays: "all 1" }),
  tokenTypeIds: option("Segments: 0 for the first text, 1 for the second.", tokensOrNull, {
    defaultSays: "all 0",
  }),
} satisfies OptionTable;

export const dataset = kindOf("a dataset, as `tokenize` or `encodeImages` gives it", (value) => {
  const { inputIds, pixels } = Object(value) as Record<string, unknown>;
  const rows = pixels ?? inputIds;
  return Array.isArray(rows) && rows.every((row) => Number.isInteger(Object(row).length));
});

/** Rows to train on and to judge by. */
export const trainAndValid = {
  train: option("Rows to train on.", dataset, { required: true, also: ["train_dataset"] }),
  valid: option("Rows to score after each epoch; without them only the training loss is known.", dataset, {
    defaultSays: "none",
    also: ["eval_dataset", "validation", "val", "eval", "dev", "test"],
  }),
} satisfies OptionTable;

/** What is swept over, where all stands in one object. */
export const swept = {
  ...trainAndValid,
  valid: option("Rows that depths are compared on.", dataset, {
    required: true,
    also: trainAndValid.valid.also,
  }),
} satisfies OptionTable;

const rowNumbers = kindOf("a list of row numbers", (value) => Number.isInteger(Object(value).length));

/** What is cross-validated. */
export const crossValidated = {
  train: option("All rows with labels, of which each fold trains on some and predicts others.", dataset, {
    required: true,
    also: ["train_dataset", "rows"],
  }),
  folds: option(
    "As `stratifiedKFold` and `groupKFold` give them. A row that no fold validates on is trained on wherever a fold says so, pseudo-labelled ones for instance.",
    list(
      parts({
        train: option("Rows to train on.", rowNumbers, { required: true }),
        valid: option("Rows to validate on.", rowNumbers, { required: true, also: ["test", "val"] }),
      }),
    ),
    { required: true, also: ["splits", "cv"] },
  ),
  test: option("Rows without labels that each fold's model predicts as well, as a competition's.", dataset, {
    defaultSays: "none",
    also: ["test_dataset", "predict"],
  }),
} satisfies OptionTable;

const sweep = {
  ...training,
  n: option(
    "Depths to try: 0 freezes the embeddings, N also the first N blocks, -1 nothing.",
    list(integer(-1)),
    {
      defaultSays:
        "-1, by which the others are measured, and 0 to the model's depth, less those that freeze no more than the one before, as where all blocks share one set of weights (ALBERT)",
      also: ["depths", "depth"],
    },
  ),
  strategies: option(
    'Recipes to try beside freezing N blocks, each once per seed: their names, or one with settings of its own, as `{ recipe: "lora", rank: 4 }`. With them `n` may be empty.',
    list(
      kindOf(
        `one of ${RECIPES.join(", ")}, or an object with one as recipe`,
        (value) => typeof value === "string" || Object(value) === value,
      ),
    ),
    { defaultSays: "none", also: ["recipes"] },
  ),
  learningRates: option(
    'Peak learning rates in place of `learningRate`: each depth and recipe is tried at each of them, and judged at the best. "auto" tries three at each, higher ones the deeper the freeze. A recipe with a rate of its own keeps to it.',
    either(word(["auto"]), distinct(above(0))),
    { defaultSays: "`learningRate` alone", also: ["lrs", "rates"] },
  ),
  seeds: option(
    "Each depth is trained once per seed, from the same weights, with a head and an order of rows of the seed's.",
    list(integer()),
    { default: [0], also: ["seed", "random_state"] },
  ),
  out: option(
    "The folder of `records.jsonl`. Trials that stand there already are not run again; records of other options, rows or another model are refused.",
    name(),
    {
      defaultSays: "`runs/` and the sweep's name",
      also: ["output_dir", "folder", "dir"],
    },
  ),
  name: option("What the sweep is called.", name(), { default: "sweep" }),
  about: option(
    'What a report is to name besides, text by text, such as the files that were read: `{ train: "train.csv" }`.',
    kindOf(
      "an object of texts",
      (value) =>
        typeof value === "object" &&
        value !== null &&
        Object.values(value).every((each) => typeof each === "string"),
    ),
    { default: {} as Record<string, string> },
  ),
  saveEvery: keeping.saveEvery,
  restart: option(
    "Runs all trials anew; records that the folder holds are set aside as `records-1.jsonl`.",
    boolean(),
    { default: false, flag: "--restart" },
  ),
  maxMinutes: keeping.maxMinutes,
  signal: stop(
    "between two steps; finished trials stay on disk, and the one that runs goes on there next time",
  ),
  log: log(
    "the line on the engine that was chosen, those on the loaded model, and one where rows to validate on are trained on",
  ),
} satisfies OptionTable;

const { learningRate: _ofSearch, ...searchedTraining } = training;

const search = {
  ...searchedTraining,
  goal: option(
    'Which depth is wanted: "deepest", the deepest freeze within one standard error of the best; "best", the best score; `{ loss: 0.01 }`, the deepest that loses no more; or `{ minutes: 2 }`, the best of those that are fine-tuned in that time, by this machine\'s clock.',
    either(
      word(GOALS),
      exactlyOne({
        loss: option("How much less than the best one it may score, in the metric's units.", number(0)),
        minutes: option("How long fine-tuning may take.", above(0)),
      }),
    ),
    { default: "deepest", flag: "--goal <goal>" },
  ),
  n: option(
    "Depths to choose from: 0 freezes the embeddings, N also the first N blocks, -1 nothing.",
    list(integer(-1)),
    {
      defaultSays: sweep.n.defaultSays.replace(", by which the others are measured,", ""),
      also: sweep.n.also,
    },
  ),
  learningRates: option(
    'Peak learning rates to choose from at each depth; "auto" has three for each, higher ones the deeper the freeze. Not all are tried.',
    either(word(["auto"]), distinct(above(0))),
    { default: "auto", also: ["lrs", "rates", "lr", "learningRate"] },
  ),
  seed: option("Starts every random draw: head, order of rows and dropout.", integer(), {
    default: 0,
    flag: "--seed <seed>",
    also: ["seeds", "random_state"],
  }),
  out: option(
    "The folder of `records.jsonl`. Trials that stand there already are not run again, and a sweep with this folder goes on from them; records of other options, rows or another model are refused.",
    name(),
    { defaultSays: "`runs/` and the search's name", also: sweep.out.also },
  ),
  name: option("What the search is called.", name(), { default: "search" }),
  about: sweep.about,
  saveEvery: keeping.saveEvery,
  restart: sweep.restart,
  maxMinutes: keeping.maxMinutes,
  signal: sweep.signal,
  log: sweep.log,
} satisfies OptionTable;

/** The options of each exported function, under the name that errors call it by. */
export const OPTIONS = {
  "AutoModelForSequenceClassification.fromPretrained": {
    ...loading,
    revision,
    problemType: problemType(
      "What the labels mean.",
      "as the checkpoint says where `classes` are left out, else one class a row, or a regression for one label",
    ),
    head: option('A head in place of the family\'s own; or its pooling alone, as "mean".', headKind(), {
      defaultSays: "the one the checkpoint was saved with",
      flag: "--head <pooling>",
    }),
    reinitLayers,
  },
  "AutoModelForTokenClassification.fromPretrained": { ...loading, revision, reinitLayers },
  "AutoModelForImageClassification.fromPretrained": { ...loading, revision },
  "AutoModelForImageClassification.fromConfig": loading,
  resolveModel: {
    revision,
    token: option("An access token of the Hub, in place of HF_TOKEN.", text(), {
      defaultSays: "HF_TOKEN, or what `hf auth login` stored",
      also: ["use_auth_token"],
    }),
    onProgress: option("Told of each file's bytes as they arrive.", callback(), { also: ["on_progress"] }),
    signal: stop("a fetch; what has arrived is kept for the next one"),
  },
  savePretrained: {
    dtype: option(
      'How weights are stored: "fp32", "fp16" or "bf16", or as PyTorch and safetensors call these.',
      float(),
      {
        default: "fp32",
        also: ["torch_dtype", "precision"],
      },
    ),
  },
  "model.forward": { outputHiddenStates },
  readTable: {
    limit: option("How many rows to read at most, from the top.", integer(1), {
      defaultSays: "all",
      flag: "--limit <rows>",
      also: ["nrows", "rows", "max_rows"],
    }),
    encoding: option(ENCODING, encoding(), {
      default: "utf-8",
      flag: "--encoding <name>",
      also: ["charset", "codec"],
    }),
    delimiter: option("What sets the cells of a CSV or TSV apart.", delimiter(), {
      defaultSays: "a comma in .csv, a tab in .tsv",
      flag: "--delimiter <character>",
      also: ["sep", "separator", "delim"],
    }),
  },
  readConll: {
    encoding: option(ENCODING, encoding(), { default: "utf-8", also: ["charset", "codec"] }),
  },
  textDataset: {
    text: option('The column of texts, or several in a template: "{title} [SEP] {body}".', text(), {
      default: "text",
      flag: "--text <column>",
      also: ["text_column", "sentence"],
    }),
    pair: option("A column of second texts, or a template of several, for tasks about two texts.", text(), {
      defaultSays: "none",
      flag: "--pair <column>",
      also: ["text_pair", "sentence2"],
    }),
    label: option(
      "The column of labels; or several: columns of 0 and 1 for a multi-label task, of numbers for a regression of several targets. Left out for rows to predict.",
      either(text(), list(text())),
      { defaultSays: "none", also: ["labels", "label_column", "target", "targets"] },
    ),
    weight: option("A column of how much each row counts in the training loss, at least 0.", text(), {
      defaultSays: "all alike",
      flag: "--weight <column>",
      also: ["sample_weight", "weights", "weight_column"],
    }),
    id: option("A column that names the rows.", text(), { defaultSays: "none", also: ["id_column"] }),
    problemType: problemType(
      "What the labels mean; a regression has to be asked for.",
      "one class a row for one column, several labels for several",
    ),
    classes: option(
      "The classes of the training rows, or of a model, in order: a label outside them is an error.",
      list(text()),
      { defaultSays: "those that occur", also: ["id2label", "class_names"] },
    ),
    log: log(
      "the line on what the labels are, where `classes` are left out, and those on empty texts and ids",
    ),
  },
  tokenize: {
    maxLength: option("Longer texts are cut to this many tokens, special tokens counted.", integer(1), {
      defaultSays:
        "what the model was trained on by the kit, or its `sentence_bert_config.json` says, else 128, and no more than the model takes",
      flag: "--max-len, --max-length <tokens>",
      also: ["max_len", "max_seq_length", "max_tokens", "model_max_length"],
    }),
    signal: stop("between two rows"),
    onProgress: progress("rows"),
  },
  tokenDataset: {
    tokens: option("The column of words, a list of them in each row.", text(), {
      defaultSays: '"tokens", where the table has it and no `text` is named',
      also: ["words", "token_column"],
    }),
    tags: option("The column of the words' tags, a list as long.", text(), {
      defaultSays: '"ner_tags", where the table has it beside its words',
      also: ["ner_tags", "label", "labels", "label_column"],
    }),
    text: option("The column of texts, in place of `tokens`.", text(), {
      defaultSays: '"text", where the table has no words',
      also: ["text_column"],
    }),
    spans: option(
      "The column of labelled parts: a list of `{ start, end, label }`, by Unicode characters as Python counts them.",
      text(),
      { defaultSays: '"spans", where the table has it beside its texts', also: ["entities", "annotations"] },
    ),
    id: option("A column that names the rows.", text(), { defaultSays: "none", also: ["id_column"] }),
    classes: option(
      "The tags of the training rows, or of a model, in order; those that tags given as numbers stand for.",
      list(text()),
      { defaultSays: "those that occur", also: ["id2label", "class_names", "label_list"] },
    ),
    log: log("the line on the tags, where `classes` are left out"),
  },
  tokenizeWords: {
    maxLength: option(
      "Tokens of a window at most, special tokens counted; a longer text is read in several that overlap.",
      integer(1),
      {
        defaultSays:
          "what the model was trained on by the kit, or its `sentence_bert_config.json` says, else 128, and no more than the model takes",
        also: ["max_len", "max_seq_length", "max_tokens", "model_max_length"],
      },
    ),
    stride: option("Tokens that two windows of a text share at least.", integer(0), {
      defaultSays: "a quarter of a window",
      flag: "--stride <tokens>",
      also: ["doc_stride", "overlap"],
    }),
    signal: stop("between two rows"),
    onProgress: progress("rows"),
    log: log("a line on labelled parts that no word's borders meet"),
  },
  trainValidSplit: {
    validFraction: option("Share of the rows to validate on, above 0 and below 1.", number(0, 1), {
      default: 0.2,
      flag: "--valid-fraction <share>",
      also: ["test_size", "valid_size", "val_size", "fraction"],
    }),
    seed: seedOf("which rows are set aside"),
  },
  stratifiedKFold: {
    ...folds,
    groups: option(
      "For each row what it belongs to, as an author or a product: the rows of one share a fold.",
      kindOf("a list with the group of each row", (value) => Number.isInteger(Object(value).length)),
      { defaultSays: "each row by itself", also: ["group"] },
    ),
  },
  groupKFold: folds,
  imageFolder: {
    classes: option(
      "The classes of the training images, in order: another class is an error.",
      list(text()),
      {
        defaultSays: "those that there is a folder of",
      },
    ),
    labels: option(
      "False takes the images of the folder and of the folders in it, whatever these are named after.",
      boolean(),
      { default: true },
    ),
    log: log("the line on the classes, where `classes` are left out"),
  },
  encodeImages: {
    augment: option(
      "How images vary while a model trains on them; `{}` is as in timm.",
      parts(augmentation),
      {
        defaultSays: "they do not",
        also: ["augmentation"],
      },
    ),
    signal: stop("between two images"),
    onProgress: progress("images"),
  },
  fineTune: {
    ...training,
    seed: seedOf("order of rows and dropout"),
    signal: stop("between two steps; what was learned so far stays"),
    resume,
    ...keeping,
    log: log("a line where rows to validate on are trained on, and those on what is resumed"),
    features: option(
      "Cached features of the frozen stages, shared by several runs; left out, the run has its own.",
      having("a FrozenFeatures", "prepare", "batch", "dispose"),
    ),
  },
  freezeSweep: sweep,
  searchDepth: search,
  findLearningRate: {
    n: option(
      "Depths to find a rate for, each its own: 0 freezes the embeddings, N also the first N blocks, -1 nothing.",
      list(integer(-1)),
      { defaultSays: "one rate, for what is frozen as it stands", also: sweep.n.also },
    ),
    steps: option(
      "How many rates are tried, each for one step, unless the loss diverges before.",
      integer(20),
      {
        defaultSays: "100; fewer where these go through the rows more than ten times, at least 40",
        flag: "--steps <count>",
        also: ["num_it", "num_training", "num_iter", "iterations"],
      },
    ),
    minLearningRate: option("The rate of the first step.", above(0), {
      default: 1e-6,
      flag: "--min-lr, --min-learning-rate <rate>",
      also: ["min_lr", "start_lr"],
    }),
    maxLearningRate: option("The rate of the last step.", above(0), {
      default: 1,
      flag: "--max-lr, --max-learning-rate <rate>",
      also: ["max_lr", "end_lr"],
    }),
    ...ofSteps,
    seed: seedOf("order of rows and dropout"),
    signal: stop("between two steps; the model is as it was"),
  },
  crossValidate: {
    ...training,
    seed: option(
      "Starts every random draw: head, order of rows and dropout. Each fold has a seed of its own, this one and the fold's number.",
      integer(),
      { default: 0, also: ["random_state"] },
    ),
    ids: option("What each row of `train` is called in `out_of_fold.csv`, each once.", list(text()), {
      defaultSays: "its number",
      also: ["id", "names"],
    }),
    saveModels: option(
      "Whether each fold's model is saved, in `fold-0`, `fold-1`, … of the folder.",
      boolean(),
      { default: false, also: ["save", "save_models"] },
    ),
    out: option(
      "The folder of `out_of_fold.csv`. Folds that stand there already are not trained again; those of other options, rows or another model are refused.",
      name(),
      { default: "runs/folds", also: ["output_dir", "folder", "dir", "resume"] },
    ),
    ...keeping,
    restart: option("Trains all folds anew, whatever the folder holds of an earlier run.", boolean(), {
      default: false,
      flag: "--restart",
    }),
    signal: stop(
      "between two steps; finished folds stay on disk, and the one that runs goes on there next time",
    ),
    log: log("those lines on what is resumed, and one where rows that a fold validates on are trained on"),
  },
  adaptToTexts: {
    maskTokenId: option("The id of [MASK] or <mask> in the model's vocabulary.", integer(0), {
      required: true,
      also: ["mask_id"],
    }),
    specialTokenIds: option(
      "Ids that are never chosen, besides each row's first and last token and padding: separators inside pairs, say.",
      list(integer(0)),
      { defaultSays: "none", also: ["all_special_ids"] },
    ),
    epochs: epochs("How often the texts are gone through.", 1),
    batchSize: batchSize("Rows a step.", 32),
    learningRate: option(
      "Peak learning rate of AdamW; it warms up over a tenth of the steps and falls to 0.",
      number(0),
      { default: 5e-5, also: ["lr"] },
    ),
    weightDecay,
    gradientAccumulation: training.gradientAccumulation,
    microBatchSize: training.microBatchSize,
    parameterGroups: training.parameterGroups,
    share: option("Share of the tokens that the model is to predict.", share, {
      default: 0.15,
      also: ["mlm_probability"],
    }),
    precision,
    gradientCheckpointing: training.gradientCheckpointing,
    seed: seedOf("order, masks, dropout, and the head where the checkpoint has none"),
    signal: stop("between two steps"),
    resume,
    ...keeping,
    log: log("a line on what is resumed"),
  },
  predict: predicting(),
  predictTokens: predicting(),
  evaluate: { ...predicting(), metrics: furtherMetrics("") },
  greedySoup: {
    ...predicting(),
    metric: option(
      'Judges ingredients and soups: a metric\'s name, "loss", or `{ name, score, greaterIsBetter }`, one of your own.',
      metricKind(),
      { defaultSays: "accuracy, or rmse in a regression", also: ["monitor", "scorer"] },
    ),
  },
  fitEnsemble: {
    metric: option(
      "What is to be best: a metric's name, or `{ name, score, greaterIsBetter }`, one of your own.",
      metricKind(),
      { defaultSays: "accuracy, or rmse in a regression", also: ["scorer", "monitor"] },
    ),
    rounds: option(
      "How many picks are made at most: weights are multiples of one over as many.",
      integer(1),
      { default: 50, also: ["ensemble_size", "iterations", "steps", "n"] },
    ),
  },
  metrics: { metrics: furtherMetrics("") },
  probeDepths: {
    batchSize: batchSize("Rows at a time.", 64),
    signal: stop("between two batches"),
    onProgress: progress("rows"),
  },
  worstMistakes: {
    count: option("How many at most.", integer(1), { default: 10, also: ["limit", "n", "top", "k"] }),
  },
  FrozenFeatures: {
    memoryBytes: option(
      "Features beyond this are held in a temporary file.",
      kindOf("a number of bytes of at least 0", (value) => typeof value === "number" && value >= 0),
      { default: 2 ** 31, defaultSays: "2 GiB (2147483648)" },
    ),
    allDepths: option(
      "Keeps the features of every depth that was asked for, so that depths may be trained in any order: more memory, and no pass is repeated.",
      boolean(),
      { default: false, defaultSays: "false: those of the last one" },
    ),
  },
  addLora: { ...lora, seed: seedOf("the values of A") },
  summarize: ofTrials,
  recommendN: ofTrials,
  explainN: ofTrials,
  accuracyFigure: scores,
  secondsFigure: ofTrials,
  memoryFigure: ofTrials,
  epochsFigure: ofTrials,
  toSvg: picture,
  toPng: {
    ...picture,
    scale: option(
      "Pixels of the file for each that the size names, for dense screens and print.",
      number(0.1),
      {
        default: 2,
      },
    ),
  },
  writeReport: {
    title: option("The page's title.", text(), { default: "Freeze sweep" }),
    ...scores,
  },
  show: {
    metric: option("What a sweep's records are judged by.", name(), {
      defaultSays: "accuracy, or rmse in a regression",
    }),
  },
  watch: {
    abort: option(
      "Aborted by the stop button, after which the cell ends well: without it the cell fails at its end.",
      having("an AbortController", "abort", "signal"),
      { also: ["signal", "controller"] },
    ),
  },
  exportOnnx: {},
} satisfies Record<string, OptionTable>;

function predicting() {
  return {
    batchSize: batchSize("Rows at a time.", 64),
    precision,
    signal: stop("between two batches"),
    onProgress: progress("rows"),
  };
}

/** A custom head is told by its `forward`. */
function headKind() {
  const pooling = parts(poolingHead);
  const alone = word(POOLINGS);
  return {
    expected: `${alone.expected}, { pooling } or { parameters, forward }`,
    check(name: string, value: unknown, owner: string) {
      if (typeof value === "string") return { pooling: alone.check(name, value, owner) };
      const { forward, parameters, lastLayers } = Object(value) as Record<string, unknown>;
      if (forward === undefined && parameters === undefined) return pooling.check(name, value, owner);
      // An object of a class has fields of its own, which are nobody's options.
      const isPlain = Object.getPrototypeOf(Object.getPrototypeOf(value) ?? {}) === null;
      readNamed(owner, customHead, isPlain ? value : { forward, parameters, lastLayers }, name);
      return value;
    },
  };
}
