// Write the map as a picture. Standard input is the page that `mgmtcluster map` prints, standard output an SVG.
// The page's own scripts lay out and draw. A document and a ruler for text stand in for the browser.
import { readFileSync } from "node:fs";
import vm from "node:vm";
import { parseHTML } from "linkedom";
import pixelWidth from "string-pixel-width";

const MARGIN = 14;

// Readers have different fonts: each text is drawn as wide as it is in Helvetica, and a sign such as ⇄ as wide as high.
const ruler = {
  font: "",
  measureText(text) {
    const [weight, size] = this.font.split(" "), letters = text.replace(/[^\u0000-\u00ff]/g, "");
    const width = pixelWidth(letters, { font: "helvetica", size: parseFloat(size), bold: Number(weight) >= 600 });
    return { width: width + (text.length - letters.length) * parseFloat(size) };
  },
};

async function drawingOf(document) {
  const create = document.createElement.bind(document);
  document.createElement = name => (name === "canvas" ? { getContext: () => ruler } : create(name));
  const context = vm.createContext({ document, setTimeout, getComputedStyle: () => ({ fontFamily: "Helvetica" }) });
  vm.runInContext("self = globalThis", context);
  for (const script of document.querySelectorAll("script.draws")) vm.runInContext(script.textContent, context);
  return vm.runInContext("drawingOf()", context);
}

// On paper of its own: the page around it may be light while the reader's system is dark.
function pictureOf(svg, style) {
  const [x, y, width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const box = { x: x - MARGIN, y: y - MARGIN, width: width + 2 * MARGIN, height: height + 2 * MARGIN };
  const { width: wide, height: high } = box;
  const body = svg.innerHTML.replaceAll("><", ">\n<");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${Object.values(box).join(" ")}" width="${wide}" height="${high}" role="img">
<title>${svg.getAttribute("aria-label")}</title>
<style>
${style}.paper { fill: var(--paper); }
</style>
<rect class="paper" x="${box.x}" y="${box.y}" width="${wide}" height="${high}" rx="${MARGIN}"/>
${body}
</svg>
`;
}

const { document } = parseHTML(readFileSync(0, "utf8"));
process.stdout.write(pictureOf(await drawingOf(document), document.getElementById("drawing").textContent.trimStart()));
