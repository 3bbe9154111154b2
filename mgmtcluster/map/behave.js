"use strict";
// What the reader can do: point, walk with the arrow keys, search, show one service alone, change the size.

const at = id => document.getElementById(id);
const short = id => byId.get(id).name;
const isWorkload = node => Boolean(node.kind);
const nodeElements = () => [...document.querySelectorAll(".node")];
const elementOf = id => nodeElements().find(node => node.dataset.id === id);
let zoom = 1;

function plural(number, word) {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}

function markAbout(id) {
  const svg = document.querySelector("svg");
  svg.classList.toggle("about", Boolean(id));
  for (const part of svg.querySelectorAll(".node, .edge")) part.classList.remove("calls", "called", "chosen");
  if (!id) return;
  elementOf(id).classList.add("chosen");
  for (const edge of svg.querySelectorAll(".edge")) {
    const { client, server } = edge.dataset;
    if (client === id) mark(edge, server, "calls");
    if (server === id) mark(edge, client, "called");
  }
}

function mark(edge, other, how) {
  edge.classList.add(how);
  elementOf(other).classList.add(how);
}

function explain(id) {
  const panel = at("details"), node = byId.get(id);
  panel.replaceChildren();
  if (!node) {
    block(panel, "p", "Point at a service, or walk to it with Tab and the arrow keys, to see who calls whom.");
    return;
  }
  const first = block(panel, "div");
  block(first, "h2", node.name);
  block(first, "p", [node.about, isWorkload(node) ? plural(node.replicas, "pod") : "elsewhere"].filter(Boolean).join(" · "));
  for (const { port, nodePort } of node.ports) {
    const line = block(first, "p");
    block(line, "code", `${node.names[0]}.${node.namespace}.svc:${port}`);
    if (nodePort) line.append(", from outside ", block(line, "code", `NODE:${nodePort}`));
  }
  if (node.names.length > 1) block(first, "p", `also as ${node.names.slice(1).join(", ")}`);
  const others = data.edges.filter(edge => edge.client !== edge.server);
  const of = (end, other) => others.filter(edge => edge[end] === id).map(edge => `${short(edge[other])} :${edge.port} ${edge.whys.join(", ")}`);
  column(panel, "called", "Called by", of("server", "client"));
  column(panel, "calls", "Calls", of("client", "server"));
}

function column(panel, how, title, lines) {
  const made = block(panel, "div");
  block(made, "h3", `${title} ${lines.length || "nobody"}`).className = how;
  block(made, "p", lines.map(line => line.split(" ")[0]).join(", "));
  made.title = lines.join("\n");
}

function block(parent, name, text) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  return parent.appendChild(made);
}

function tellAbout(id) {
  markAbout(id);
  explain(id);
}

function search(text) {
  const wanted = text.trim().toLowerCase(), svg = document.querySelector("svg");
  const found = nodeElements().filter(node => node.classList.toggle("found", Boolean(wanted) && matches(byId.get(node.dataset.id), wanted)));
  svg.classList.toggle("searching", Boolean(wanted));
  count(wanted ? `${found.length} of ${plural(nodeElements().length, "workload")} found` : undefined);
  return found;
}

function matches(node, wanted) {
  const ports = node.ports.flatMap(({ port, nodePort }) => [port, nodePort ?? ""]);
  const users = node.users.map(({ rights }) => rights);
  const calls = data.edges.filter(edge => edge.client === node.id && edge.user);
  const uses = calls.flatMap(edge => byId.get(edge.server).users.filter(({ user }) => user === edge.user));
  return [node.name, node.namespace, node.about, ...node.names, ...ports, ...users, ...uses.map(({ rights }) => rights)]
    .some(text => String(text).toLowerCase().includes(wanted));
}

function count(text) {
  const edges = document.querySelectorAll(".edge").length;
  const workloads = nodeElements().map(({ dataset }) => byId.get(dataset.id)).filter(isWorkload);
  const namespaces = new Set(workloads.map(node => node.namespace)).size;
  at("counts").textContent = text ?? `${plural(workloads.length, "workload")} in ${plural(namespaces, "namespace")}, ${plural(edges, "connection")}`;
}

// The nearest node in that direction. A step aside costs twice as much as a step ahead.
function neighbour(from, [dx, dy]) {
  const middle = node => { const box = node.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; };
  const [x, y] = middle(from);
  let best, least = Infinity;
  for (const other of nodeElements()) {
    const [ox, oy] = middle(other), ahead = (ox - x) * dx + (oy - y) * dy, aside = Math.abs((ox - x) * dy) + Math.abs((oy - y) * dx);
    if (other !== from && ahead > 1 && ahead + 2 * aside < least) [best, least] = [other, ahead + 2 * aside];
  }
  return best;
}

function reach(target) {
  for (const node of nodeElements()) node.setAttribute("tabindex", node === target ? 0 : -1);
  target.focus();
  target.scrollIntoView({ block: "nearest", inline: "nearest" });
}

const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function onNodeKey(event) {
  const here = event.target.closest(".node");
  if (!here) return;
  const next = DIRECTIONS[event.key] && neighbour(here, DIRECTIONS[event.key]);
  if (next) reach(next);
  if (event.key === "Enter" || event.key === " ") show(here.dataset.id);
  if (next || DIRECTIONS[event.key] || event.key === " ") event.preventDefault();
}

function onKey(event) {
  if (event.key === "/" && event.target !== at("search")) {
    event.preventDefault();
    at("search").focus();
  }
  if (event.key === "Escape") {
    at("search").value = "";
    search("");
    show("");
  }
}

function show(id) {
  location.hash = id;
}

// Let keyboard and screen reader reach every node, and make every edge wide enough to point at.
function enable() {
  for (const node of nodeElements()) {
    const attributes = { tabindex: -1, role: "button", "aria-label": sentence(byId.get(node.dataset.id)) };
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  }
  for (const edge of document.querySelectorAll(".edge")) element(edge, "path", { class: "hit", d: edge.querySelector("path").getAttribute("d") });
}

function sentence(node) {
  const ports = node.ports.map(({ port, nodePort }) => `port ${port}${nodePort ? `, ${nodePort} on every node` : ""}`);
  const clients = [...new Set(data.edges.filter(edge => edge.server === node.id && edge.client !== node.id).map(edge => edge.client))];
  const servers = [...new Set(data.edges.filter(edge => edge.client === node.id && edge.server !== node.id).map(edge => edge.server))];
  const plain = ids => ids.map(id => id.split("/")[1]).join(", ") || "nobody";
  return [`${node.name} in ${node.namespace}`, ...ports, `called by ${plain(clients)}`, `calls ${plain(servers)}`].join("; ");
}

async function follow() {
  const named = decodeURIComponent(location.hash.slice(1)), id = byId.has(named) ? named : "";
  const keep = document.activeElement?.dataset?.id;
  at("canvas").replaceChildren(await drawingOf(id));
  enable();
  at("filter").value = id;
  resize(1);
  tellAbout(id);
  search(at("search").value);
  const first = elementOf(id) ?? elementOf(keep) ?? nodeElements()[0];
  first.setAttribute("tabindex", 0);
  if (keep) reach(elementOf(keep) ?? first);
  document.body.dataset.drawn = id || "everything";
}

// At size 1 all of the map is in view. A small map does not grow to fill a large screen.
function resize(wanted) {
  zoom = Math.min(4, Math.max(1, wanted));
  const { width, height } = document.querySelector("svg").viewBox.baseVal, frame = at("canvas").parentElement;
  const fitting = Math.min((frame.clientWidth - 40) / width, frame.clientHeight / height, 1.15);
  at("canvas").style.width = `${fitting * zoom * width}px`;
}

function fill() {
  for (const room of rooms) {
    const group = block(at("filter"), "optgroup");
    group.label = room;
    for (const node of data.nodes.filter(member => member.namespace === room)) block(group, "option", node.name).value = node.id;
  }
  for (const edge of data.edges) {
    const row = block(at("rows"), "tr");
    for (const text of [edge.client, edge.server, edge.port, edge.whys.join(", ")]) block(row, "td", text);
  }
}

function listen() {
  const canvas = at("canvas"), chosen = () => at("filter").value || document.activeElement?.dataset?.id;
  canvas.addEventListener("pointerover", event => { const node = event.target.closest(".node"); if (node) tellAbout(node.dataset.id); });
  canvas.addEventListener("pointerout", event => { if (event.target.closest(".node")) tellAbout(chosen()); });
  canvas.addEventListener("focusin", event => tellAbout(event.target.dataset.id));
  canvas.addEventListener("focusout", () => tellAbout(at("filter").value));
  canvas.addEventListener("click", event => { const node = event.target.closest(".node"); if (node) show(node.dataset.id); });
  canvas.addEventListener("keydown", onNodeKey);
  document.addEventListener("keydown", onKey);
  at("search").addEventListener("input", event => search(event.target.value));
  at("search").addEventListener("keydown", event => { const [first] = search(at("search").value); if (event.key === "Enter" && first) reach(first); });
  at("filter").addEventListener("change", event => show(event.target.value));
  at("smaller").addEventListener("click", () => resize(zoom / 1.25));
  at("larger").addEventListener("click", () => resize(zoom * 1.25));
  at("fit").addEventListener("click", () => { resize(1); scrollTo(0, 0); });
  addEventListener("resize", () => resize(zoom));
  addEventListener("hashchange", follow);
  addEventListener("beforeprint", () => { at("list").open = true; });
}

fill();
listen();
follow();
