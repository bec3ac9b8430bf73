import {
  type AttributeKind,
  lengthOf,
  SIGNATURES,
  type Signature,
  snakeCase,
  type TensorKind,
} from "./signatures";

/**
 * The C++ header of the kernels for TensorFlow: for each op a struct with its name, its declaration for TensorFlow, its attributes as
 * fields, and the index of each input and output.
 */
export function signatureHeader(): string {
  const structs = Object.entries(SIGNATURES).map(([op, signature]) => struct(op, signature));
  return `// Written by signatureHeader.ts of signatures.ts where the kernels are compiled.\n#pragma once\n#include "opCall.h"\n\nnamespace signatures {\n\n${structs.join("\n")}\n}\n`;
}

const TYPES: Record<AttributeKind, { type: string; read: string }> = {
  int: { type: "int", read: "integer" },
  float: { type: "float", read: "number" },
  bool: { type: "bool", read: "flag" },
};

function struct(op: string, signature: Signature): string {
  const { attributes, inputs, outputs } = signature;
  const fields = Object.entries(attributes);
  const lengths = Object.values(signature.lengths ?? {});
  // TensorFlow wants no two names alike, and a gradient is called what it is of.
  const tensor =
    (prefix: string) =>
    ([name, kind]: [string, TensorKind]) => {
      const length = lengthOf(signature, name, kind);
      return `${prefix}${snakeCase(name)}: ${length ? `${snakeCase(length)} * float` : kind}`;
    };
  const initial = fields.map(([name, kind]) => `${name}(at.${TYPES[kind].read}("${snakeCase(name)}"))`);
  return [
    `struct ${op} {`,
    `  static constexpr const char* name = "Frostkit${op}";`,
    list(
      "attributes",
      fields.map(([name, kind]) => `${snakeCase(name)}: ${kind}${lengths.includes(name) ? " >= 0" : ""}`),
    ),
    list("inputs", Object.entries(inputs).map(tensor(""))),
    list("outputs", Object.entries(outputs).map(tensor("out_"))),
    ...fields.map(([name, kind]) => `  ${TYPES[kind].type} ${name};`),
    `  explicit ${op}(Attributes& at)${initial.length > 0 ? ` : ${initial.join(", ")}` : ""} {}`,
    ...places("in", signature, inputs),
    ...places("out", signature, outputs),
    "};\n",
  ].join("\n");
}

const list = (name: string, entries: string[]) =>
  `  static constexpr std::array<const char*, ${entries.length}> ${name} = {${entries.map((entry) => `"${entry}"`).join(", ")}};`;

/** Of each tensor a function that gives its place in the order; of several, that of the i-th. */
function places(side: "in" | "out", signature: Signature, tensors: Record<string, TensorKind>): string[] {
  const before: string[] = [];
  let single = 0;
  return Object.entries(tensors).map(([name, kind]) => {
    const length = lengthOf(signature, name, kind);
    const first = [...before, String(single)].join(" + ");
    const call = side + name[0].toUpperCase() + name.slice(1);
    if (length) before.push(length);
    else single++;
    return length
      ? `  int ${call}(int i) const { return ${first} + i; }`
      : `  int ${call}() const { return ${first}; }`;
  });
}
