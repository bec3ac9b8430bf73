import { FrostError } from "../errors";
import { offline } from "../offline";

/** Throws where HF_HUB_OFFLINE forbids what a command is about to fetch; the command puts its name before it. */
export function refuseOffline(): void {
  if (offline())
    throw new FrostError(
      "expected leave to use the network, which HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE forbids; unset it for this command",
    );
}
