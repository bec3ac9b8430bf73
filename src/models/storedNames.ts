import { InputError } from "../errors";

/** A tensor that a model asks a checkpoint for. */
export interface Wanted {
  name: string;
  shape: readonly number[];
}

/** Under which names a checkpoint holds a model's tensors. */
export interface StoredNames {
  /** The checkpoint's name of a tensor that the model calls `name`; undefined where it holds none. */
  of(name: string): string | undefined;
  /** How many of the encoder's tensors it holds, name and shape. */
  fitting: number;
}

/** What a checkpoint holds, by name. */
type Tensors = ReadonlyMap<string, { shape: readonly number[] }>;

/** Segments that PyTorch's wrappers put into names, wherever they wrap: DataParallel, compile, FSDP, activation checkpointing. */
const WRAPPERS = new Set(["module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"]);

/**
 * What the encoders of other families are called in Transformers whose tensors have the names of BERT's or a part of them: under these
 * stand another family's weights, which may fit in shape and yet mean something else.
 */
const FAMILIES = new Set(
  (
    "bert roberta distilbert electra albert deberta roberta_prelayernorm data2vec_text mpnet ernie rembert nezha mobilebert convbert " +
    "roformer roc_bert layoutlm layoutlmv2 layoutlmv3 longformer luke esm lilt bros markuplm tapas visual_bert splinter yoso mra " +
    "nystromformer funnel fnet canine nomic_bert ibert altclip bridgetower"
  ).split(" "),
);

/**
 * Finds a model's tensors in a checkpoint: under the names that Transformers gives them; without the family's `prefix`
 * (`encoder.layer.0…` for `bert.encoder.layer.0…`); under whatever wraps all of the encoder's names (`module.`, `model.`, `_orig_mod.`
 * and several of these); and a norm's under the old names of its parameters, `LayerNorm.gamma` and `LayerNorm.beta`.
 *
 * @param encoder what the model has below its head
 * @param where the checkpoint's folder, for errors
 * @throws InputError where the encoder's tensors stand under another family's name or several times, or beside adapters of PEFT
 */
export function storedNames(
  tensors: Tensors,
  encoder: readonly Wanted[],
  prefix: string | undefined,
  where: string,
): StoredNames {
  const own = prefix === undefined ? "" : `${prefix}.`;
  checkMerged(tensors, where);
  const plain = unwrapped(tensors, where);
  const inner = new Set(encoder.map(({ name }) => withoutStart(name, own)));
  const root = rootOf(plain.keys(), inner, own, where);
  const family = root.split(".").find((part) => part !== prefix && FAMILIES.has(part));
  // Where no other family has such names inside, what stands in front of them says nothing: a module may call any encoder `bert`.
  if (family !== undefined && [...inner].some((name) => name.endsWith("attention.self.query.weight")))
    throw new InputError(
      `${where}: its weights are called ${root}${inner.values().next().value} and the like, which is another family's than config.json's model_type; expected ${own}… or no family's name`,
    );
  const encoderName = root.endsWith(own)
    ? own
    : family !== undefined && root.endsWith(`${family}.`)
      ? `${family}.`
      : "";
  const around = root.slice(0, root.length - encoderName.length);
  const of = (name: string): string | undefined => {
    // A parameter of a head may be called as a wrapper is.
    if (around === "" && tensors.has(name)) return name;
    const stored = name.startsWith(own) ? root + name.slice(own.length) : around + name;
    return plain.get(stored) ?? plain.get(stored.replace(/LayerNorm\.(weight|bias)$/, oldName));
  };
  const fits = ({ name, shape }: Wanted) => {
    const stored = of(name);
    return stored !== undefined && String(tensors.get(stored)!.shape) === String(shape);
  };
  return { of, fitting: encoder.filter(fits).length };
}

const oldName = (_: string, part: string) => `LayerNorm.${part === "weight" ? "gamma" : "beta"}`;

const withoutStart = (name: string, start: string) =>
  name.startsWith(start) ? name.slice(start.length) : name;

/** Throws for a checkpoint of PEFT: its weights alone are not what was trained. */
function checkMerged(tensors: Tensors, where: string): void {
  const adapter = [...tensors.keys()].find((name) => /\.(lora_|modules_to_save|base_layer\.)/.test(name));
  if (adapter !== undefined)
    throw new InputError(
      `${where}: its weights hold ${adapter}, an adapter's that is not merged; expected whole weights: save what PEFT's merge_and_unload() gives`,
    );
}

/** The checkpoint's names by what they are without the segments of wrappers. */
function unwrapped(tensors: Tensors, where: string): Map<string, string> {
  const plain = new Map<string, string>();
  for (const name of tensors.keys()) {
    const short = name
      .split(".")
      .filter((part) => !WRAPPERS.has(part))
      .join(".");
    const other = plain.get(short);
    if (other !== undefined)
      throw new InputError(
        `${where}: its weights hold both ${other} and ${name}, which are one tensor's names; expected one of them`,
      );
    plain.set(short, name);
  }
  return plain;
}

/** What stands in front of the names `inner` of most of an encoder's tensors; the usual where that is no worse. */
function rootOf(names: Iterable<string>, inner: Set<string>, own: string, where: string): string {
  const counts = new Map<string, number>([
    [own, 0],
    ["", 0],
  ]);
  for (const name of names) {
    const modern = name
      .replace(/LayerNorm\.gamma$/, "LayerNorm.weight")
      .replace(/LayerNorm\.beta$/, "LayerNorm.bias");
    for (let start = 0; start !== -1; start = nextSegment(modern, start))
      if (inner.has(modern.slice(start))) {
        const root = modern.slice(0, start);
        counts.set(root, (counts.get(root) ?? 0) + 1);
      }
  }
  const usual = counts.get(own)! >= counts.get("")! ? own : "";
  const [[best, most], ...others] = [...counts].sort(([, a], [, b]) => b - a);
  if (counts.get(usual)! === most || 2 * most < inner.size) return usual;
  const twin = others.find(([, count]) => 2 * count > inner.size);
  if (twin)
    throw new InputError(
      `${where}: its weights hold several encoders, under ${best} and ${twin[0] || "no name"}; expected one: save the one that is meant by itself`,
    );
  return best;
}

function nextSegment(name: string, start: number): number {
  const dot = name.indexOf(".", start);
  return dot === -1 ? -1 : dot + 1;
}
