// Code for a fresh process in which `need` requires as Transformers.js does, so that its ONNX Runtime is not the one that is installed.

/** Puts a session whose `run` is this body in the place of ONNX Runtime's own. */
export const wrappedRuntime = (run: string): string => `
    const inner = need("onnxruntime-node/dist/binding.js");
    inner.binding = { ...inner.binding, InferenceSession: class extends inner.binding.InferenceSession {
      run(feeds, fetches, options) { ${run} }
    } };`;

/** Has ONNX Runtime not load, with a reason of two lines. */
export const missingRuntime = `
      const Module = require("node:module");
      const load = Module._load;
      Module._load = (name, ...rest) => {
        if (/^onnxruntime-node/.test(name)) throw new Error("libonnxruntime.so.1: cannot open\\nand more");
        return load(name, ...rest);
      };`;

/** What `run` of a version does that takes sequences, and of one that refuses them in other words. */
export const LATER_VERSIONS = [
  `const { stop, ...rest } = fetches;
       try { super.run(feeds, fetches, options); } catch {}
       return { stop: [], ...rest };`,
  `if ("stop" in fetches) throw new Error("no sequences, please");
       return super.run(feeds, fetches, options);`,
];
