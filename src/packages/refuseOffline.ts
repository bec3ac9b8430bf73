import { FrostError } from "../errors";
import { offline } from "../offline";

/** Throws where HF_HUB_OFFLINE forbids what a command is about to fetch. */
export function refuseOffline(what: string): void {
  if (offline())
    throw new FrostError(
      `${what}: expected leave to use the network, and HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE forbids it; unset it for this command`,
    );
}
