/** Whether HF_HUB_OFFLINE, else TRANSFORMERS_OFFLINE, forbids the network, in the words that Python's huggingface_hub takes. */
export function offline(): boolean {
  const { HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE } = process.env;
  return /^(1|on|yes|true)$/i.test(HF_HUB_OFFLINE || TRANSFORMERS_OFFLINE || "");
}
