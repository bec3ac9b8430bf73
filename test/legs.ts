import { FAMILIES } from "../src/models/families";

/** A part of the suite that a reader looks for, told from its tests' files and titles. */
export interface Leg {
  name: string;
  has: (test: Told) => boolean;
  /** It holds the whole run, so that its rows need not repeat why something was skipped. */
  whole?: boolean;
}

/** Where a test stands. */
export interface Told {
  /** "engine/autocast.test.ts autocast, on cpu > holds while it computes": files and titles of the groups around it, and its own. */
  path: string;
  /** The engine that a title names, which everyTestAsserts.ts holds it to; null where none does. */
  engine: string | null;
}

/** The columns: engines, and what asks for none. */
export const NO_ENGINE = "no engine";

const families = ["resnet", ...FAMILIES.map(({ modelType }) => modelType)];
const inTitle = (pattern: RegExp) => (test: Told) => pattern.test(test.path);

/** The family whose name a fixture's begins with: "deberta-v2" of "deberta-v2-convolution". */
function familyOfParity(path: string): string | undefined {
  const fixture = /(\S+) against (?:PyTorch|timm)/.exec(path)?.[1] ?? "";
  return families.filter((name) => fixture.startsWith(name)).sort((a, b) => b.length - a.length)[0];
}

const [major] = process.versions.node.split(".").map(Number);

/** Node's major versions that the kit runs on. */
export const NODE_VERSIONS = [20, 22, 24];

const named: Leg[] = [
  ...families.map((name) => ({
    name: `parity ${name}`,
    has: ({ path }: Told) => familyOfParity(path) === name,
  })),
  {
    name: "half precision",
    has: inTitle(/\b(autocast|bf16|fp16|half precision|training\/precision\.test)\b/),
  },
  { name: "Python round trip", has: inTitle(/\/inPython\.|\/pipelineInPython\.|\btorch\.a(mp|utocast)/) },
  {
    name: "Jupyter",
    has: inTitle(/\/tsMagic\.|notebooks\/(browser|hostile)\.|-kaggle\.ipynb runs|a real Jupyter/),
  },
  { name: "browser", has: inTitle(/notebooks\/(browser|hostile)\./) },
  { name: "packed kit", has: inTitle(/cli\/pack\.|\bpack (has|refuses)\b/) },
  { name: "as on a GPU", has: inTitle(/\bas on a GPU\b/) },
  { name: "WebGPU", has: ({ engine }) => engine === "webgpu" },
];

const onOtherNode = inTitle(/\bon Node \d+ as well\b/);

/** The table's rows, in order: a test belongs to "unit" where it belongs to no other of the named, and to this Node in any case. */
export const LEGS: readonly Leg[] = [
  { name: "unit", has: (test) => !named.some(({ has }) => has(test)) && !onOtherNode(test) },
  ...named,
  ...NODE_VERSIONS.map((version) => ({
    name: `Node ${version}`,
    whole: version === major,
    has: (test: Told) =>
      onOtherNode(test) ? test.path.includes(`on Node ${version} as well`) : version === major,
  })),
];
