import { FrostError, InputError } from "../errors";
import type { HubSettings } from "./hubSettings";

/** The Hub could not be reached or could not answer: a copy in the cache may do instead. */
export class HubUnreachable extends FrostError {}

/**
 * A `fetch` for @huggingface/hub that can be aborted and whose failures say what to do: the library's own errors show a status
 * and a URL.
 */
export function hubFetch(
  id: string,
  revision: string,
  { endpoint, token }: HubSettings,
  signal?: AbortSignal,
): typeof fetch {
  return async (input, init) => {
    let response: Response;
    try {
      response = await fetch(input, { ...init, signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw unreachable(id, endpoint, error);
    }
    const code = response.headers.get("X-Error-Code");
    // The library itself turns a missing file into null.
    if (response.ok || code === "EntryNotFound") return response;
    await response.body?.cancel();
    throw refusal(id, revision, endpoint, token, response.status, code);
  };
}

/** The error for a connection that failed or broke off. */
export function unreachable(id: string, endpoint: string, error: unknown): HubUnreachable {
  const { cause, message } = error as Error & { cause?: NodeJS.ErrnoException };
  const why = cause?.code ?? cause?.message ?? message;
  return new HubUnreachable(
    `there is no folder "${id}" here, and ${endpoint} cannot be reached (${why}): on Kaggle switch the notebook's internet on, or attach the model as a dataset and give its path, /kaggle/input/…`,
  );
}

function refusal(
  id: string,
  revision: string,
  endpoint: string,
  token: string | undefined,
  status: number,
  code: string | null,
): FrostError {
  if (status === 403 || code === "GatedRepo")
    return new InputError(
      `${endpoint} refuses access to "${id}" (${status}): accept its terms at ${endpoint}/${id} if it is gated, and set HF_TOKEN to a token of that account`,
    );
  // To somebody without a token the Hub answers 401 for what does not exist as well, so as not to give private names away.
  if (status === 401 && (!token || code === "RepoNotFound"))
    return new InputError(
      `there is no folder "${id}" here, and ${endpoint} shows no such model${token ? " to this HF_TOKEN" : ""}: check the spelling; if it is private or gated, set HF_TOKEN to a token with access`,
    );
  if (status === 401)
    return new InputError(
      `${endpoint} does not accept the token it was sent for "${id}": HF_TOKEN is invalid or has expired`,
    );
  if (status === 404 && code === "RevisionNotFound")
    return new InputError(`"${id}" on ${endpoint} has no branch, tag or commit "${revision}"`);
  if (status === 404)
    return new InputError(
      `there is no folder "${id}" here, and no such model on ${endpoint}: check the spelling`,
    );
  if (status === 429 || status >= 500)
    return new HubUnreachable(`${endpoint} answered ${status} for "${id}": try again later`);
  return new FrostError(`${endpoint} answered ${status} for "${id}"`);
}
