import assert from "node:assert/strict";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { cacheFolder } from "../../src/files/cacheFolder";

const { FROSTKIT_CACHE, XDG_CACHE_HOME } = process.env;
const set = (name: string, value?: string) => {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
};
afterEach(() => {
  set("FROSTKIT_CACHE", FROSTKIT_CACHE);
  set("XDG_CACHE_HOME", XDG_CACHE_HOME);
});

test("The cache lies in FROSTKIT_CACHE, else where the system wants caches, else in ~/.cache", () => {
  set("FROSTKIT_CACHE", "/disk");
  set("XDG_CACHE_HOME", "/xdg");
  assert.equal(cacheFolder("kept"), "/disk/kept");
  set("FROSTKIT_CACHE");
  assert.equal(cacheFolder("tensorflow"), "/xdg/frostkit/tensorflow");
  set("XDG_CACHE_HOME", "");
  assert.equal(cacheFolder("kept"), join(homedir(), ".cache/frostkit/kept"));
});
