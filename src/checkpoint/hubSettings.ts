import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { getHFHubCachePath, HUB_URL } from "@huggingface/hub";
import { InputError } from "../errors";
import { offline } from "../offline";

/** Where the Hub is, how to ask it and where its files are kept, from the environment variables Python's huggingface_hub reads. */
export interface HubSettings {
  /** HF_ENDPOINT. */
  endpoint: string;
  /** HF_HUB_CACHE, else `hub` in HF_HOME, else `~/.cache/huggingface/hub`. */
  cache: string;
  /** HF_TOKEN, else what `hf auth login` stored. */
  token: string | undefined;
  /** HF_HUB_OFFLINE, else TRANSFORMERS_OFFLINE. */
  offline: boolean;
}

/** Read anew each time, since notebooks set `process.env` in a cell. */
export function hubSettings(token?: string): HubSettings {
  const { HF_ENDPOINT } = process.env;
  return {
    endpoint: (HF_ENDPOINT || HUB_URL).replace(/\/+$/, ""),
    cache: expandHome(getHFHubCachePath()),
    token: offline() ? undefined : findToken(token),
    offline: offline(),
  };
}

function findToken(given: string | undefined): string | undefined {
  const { HF_TOKEN, HUGGING_FACE_HUB_TOKEN, HF_TOKEN_PATH, HF_HOME, XDG_CACHE_HOME } = process.env;
  const home = HF_HOME ?? join(XDG_CACHE_HOME ?? join(homedir(), ".cache"), "huggingface");
  const file = expandHome(HF_TOKEN_PATH ?? join(home, "token"));
  const [source, raw] = given
    ? ["options.token", given]
    : HF_TOKEN
      ? ["HF_TOKEN", HF_TOKEN]
      : HUGGING_FACE_HUB_TOKEN
        ? ["HUGGING_FACE_HUB_TOKEN", HUGGING_FACE_HUB_TOKEN]
        : [file, existsSync(file) ? readFileSync(file, "utf8") : ""];
  const token = raw.trim();
  if (token && !token.startsWith("hf_"))
    throw new InputError(
      `${source}: expected a Hugging Face access token, which starts with hf_; got something else`,
    );
  return token || undefined;
}

/** Python expands `~` in these variables; a shell does so too, but a notebook cell does not. */
function expandHome(path: string): string {
  return path.replace(/^~(?=\/|$)/, homedir());
}
