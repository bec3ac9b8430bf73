/** The width that texts are broken for, in pixels: that of a phone, less the page's margins. */
const WIDTH = 360;
const LINE = 17;

interface Text {
  text?: string;
  font?: { size?: number };
}

interface Annotation extends Text {
  xref?: string;
  yref?: string;
  align?: string;
  yshift?: number;
}

/**
 * A figure's layout for a narrow screen: title, explanation and the axes' titles in as many lines as they need, with room for these.
 */
export function narrowed(layout: Record<string, unknown>): Record<string, unknown> {
  const {
    title,
    annotations = [],
    margin,
    height,
    legend,
  } = layout as {
    title: Text;
    annotations?: Annotation[];
    margin: { t: number; b: number; l: number };
    height: number;
    legend?: { y?: number };
  };
  const head = broken(title.text!, 15, 0);
  const texts = annotations.map((each) => (isExplanation(each) ? broken(each.text!, 12, 0) : null));
  const above = LINE * (head.more + texts.reduce((sum, each) => sum + (each?.more ?? 0), 0));
  const axes = Object.entries(layout).filter(([name]) => /^[xy]axis\d*$/.test(name)) as [
    string,
    { title?: Text },
  ][];
  const titled = axes.flatMap(([name, axis]) =>
    name.startsWith("x") && axis.title?.text
      ? [{ name, axis, ...broken(axis.title.text, 12, margin.l) }]
      : [],
  );
  const below = LINE * Math.max(0, ...titled.map(({ more }) => more));
  const plot = height - margin.t - margin.b;
  return {
    ...layout,
    title: { ...title, text: head.text, font: { ...title.font, size: 15 } },
    annotations: annotations.map((each, i) => {
      const text = texts[i];
      if (!text) return each;
      const shift = (each.yshift ?? 0) + above - LINE * head.more;
      return { ...each, text: text.text, font: { ...each.font, size: 12 }, yshift: shift };
    }),
    ...Object.fromEntries(
      titled.map(({ name, axis, text }) => [
        name,
        { ...axis, title: { ...axis.title, text, font: { ...axis.title!.font, size: 12 } } },
      ]),
    ),
    margin: { ...margin, t: margin.t + above, b: margin.b + below },
    height: height + above + below,
    ...(legend?.y !== undefined && { legend: { ...legend, y: legend.y - below / plot } }),
  };
}

/** What stands below the title: the one text that is aligned with the figure's edge. */
const isExplanation = ({ xref, yref, align }: Annotation): boolean =>
  xref === "paper" && yref === "paper" && align === "left";

/** A text broken where a line of letters of that size would leave the figure, and how many lines that adds. */
function broken(text: string, size: number, taken: number): { text: string; more: number } {
  const letters = Math.floor((WIDTH - taken - 30) / (0.56 * size));
  const lines = text.split("<br>").map((line) => {
    const parts = [""];
    for (const word of line.split(" ")) {
      const longer = parts.at(-1) === "" ? word : `${parts.at(-1)} ${word}`;
      if (longer.replace(/<[^>]*>/g, "").length <= letters || parts.at(-1) === "")
        parts[parts.length - 1] = longer;
      else parts.push(word);
    }
    return parts;
  });
  return { text: lines.flat().join("<br>"), more: lines.flat().length - lines.length };
}
