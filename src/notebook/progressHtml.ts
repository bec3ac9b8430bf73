import type { Progress } from "../report/trainingProgress";
import { escapeHtml } from "../text/escapeHtml";

/** A bar with its text. The element, since it needs neither script nor style and so shows in untrusted notebooks too. */
export function progressHtml({ done, total, text }: Progress): string {
  return `<div><progress value="${done}" max="${Math.max(1, total)}" style="width: 240px"></progress> ${escapeHtml(text)}</div>`;
}

/** Text with its lines and columns kept: nbconvert would set it in a proportional face, JupyterLab break it within words. */
export function preHtml(text: string): string {
  return `<pre style="font: 12px monospace; white-space: pre-wrap; word-break: normal; padding: 0">${escapeHtml(text)}</pre>`;
}
