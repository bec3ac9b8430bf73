/** The engine that a test's title, or that of a group around it, names: "…, on cpu". */
export const engineOf = (titles: string): string | undefined =>
  /, on (tensorflow|webgpu|onnxruntime|cpu)(?= > | with |$)/.exec(titles)?.[1];
