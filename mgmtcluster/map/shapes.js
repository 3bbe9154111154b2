"use strict";
// The shapes: the size of each node, for the layout, and the SVG of nodes, rooms and edges.

const data = JSON.parse(document.getElementById("data").textContent);
const LINE = 22, PAD = 9, SPINE = 5, NAME_ROW = 17;
const FONTS = { title: [22, 650], name: [14, 600], user: [13, 400], soft: [12, 400], pill: [12, 400], "node-port": [12, 600] };
const ruler = document.createElement("canvas").getContext("2d");

function widthOf(text, font) {
  const [size, weight] = FONTS[font];
  ruler.font = `${weight} ${size}px ${getComputedStyle(document.documentElement).fontFamily}`;
  return Math.ceil(ruler.measureText(text).width);
}

function element(parent, name, attributes = {}, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return parent.appendChild(made);
}

// As wide as it was measured, whatever font the reader has.
function write(parent, x, y, text, font, anchor = "start") {
  const [size, weight] = FONTS[font];
  const attributes = { x, y, class: font, "font-size": size, "font-weight": weight, "text-anchor": anchor };
  return element(parent, "text", { ...attributes, textLength: widthOf(text, font), lengthAdjust: "spacingAndGlyphs" }, text);
}

const isDatabase = node => node.users.length > 0;
const isService = node => node.kind === "Deployment" || node.kind === "StatefulSet";
const pods = node => (isService(node) ? `× ${node.replicas}` : node.kind ?? "elsewhere");
const joined = node => data.edges.some(edge => edge.client === node.id && edge.server === node.id);
const pillWidth = ({ text, font }) => widthOf(text, font) + 16;
const memberPill = member => ({ text: member, font: "pill" });

function pillsOf(node) {
  return node.ports.flatMap(({ port, nodePort }) => [
    { text: String(port), font: "pill" },
    ...(nodePort ? [{ text: String(nodePort), font: "node-port" }] : []),
  ]);
}

function sizeOf(node) {
  const besidePods = widthOf(pods(node), "soft") + 16;
  const name = widthOf(node.name, "name") + (node.ports.length ? 0 : besidePods);
  const pills = pillsOf(node).reduce((sum, pill) => sum + pillWidth(pill) + 6, besidePods);
  const users = node.users.map(({ user, rights }) => widthOf(user, "user") + widthOf(rights, "soft") + 26);
  const members = node.members.reduce((sum, member) => sum + pillWidth(memberPill(member)) + 18, 0);
  const rows = (node.ports.length ? 1 : 0) + (node.members.length ? 1 : 0);
  return {
    width: Math.max(name, pills, members, ...users) + 2 * PAD + SPINE,
    height: PAD + LINE * (1 + rows + node.users.length) + (isDatabase(node) ? 10 : 0) + 4,
  };
}

// The middle of a user's row, where the arrow of that user ends.
function userRow(node, index) {
  return sizeOf(node).height - 4 - PAD / 2 - LINE * (node.users.length - index) + LINE / 2;
}

function drawPill(parent, x, y, pill) {
  const width = pillWidth(pill);
  element(parent, "rect", { x, y: y - 15, width, height: 20, rx: 10, class: `pill ${pill.font}` });
  write(parent, x + width / 2, y - 1, pill.text, pill.font, "middle");
  return x + width;
}

function drawNode(parent, node, place) {
  const group = element(parent, "g", {
    class: isService(node) ? "node" : "node job", transform: `translate(${place.x} ${place.y})`, "data-id": node.id,
  });
  element(group, "rect", { class: "card", width: place.width, height: place.height, rx: 8 });
  element(group, "path", { class: "spine", d: `M${SPINE} 0H8A8 8 0 0 0 0 8V${place.height - 8}A8 8 0 0 0 8 ${place.height}H${SPINE}Z` });
  const left = SPINE + PAD, right = place.width - PAD;
  let y = NAME_ROW + 5;
  write(group, left, y, node.name, "name");
  if (node.ports.length) {
    y += LINE;
    pillsOf(node).reduce((x, pill) => drawPill(group, x, y, pill) + 6, left);
  }
  write(group, right, y, pods(node), "soft", "end");
  if (node.members.length) drawMembers(group, node, left, y + LINE);
  node.users.forEach(({ user, rights }, index) => {
    const middle = userRow(node, index);
    if (!index) element(group, "path", { class: "rule", d: `M${left} ${middle - LINE / 2 - 3}H${right}` });
    write(group, left, middle + 5, user, "user");
    write(group, right, middle + 5, rights, "soft", "end");
  });
  return group;
}

function drawMembers(parent, node, left, y) {
  node.members.map(memberPill).reduce((x, pill, index) => {
    if (index && joined(node)) write(parent, x - 15, y, "⇄", "soft").classList.add("joined");
    return drawPill(parent, x, y, pill) + 18;
  }, left);
}

function drawRoom(parent, name, place) {
  const group = element(parent, "g", { class: "room", "data-room": name });
  element(group, "rect", { x: place.x, y: place.y, width: place.width, height: place.height, rx: 14 });
  write(group, place.x + 16, place.y + 31, name, "title");
  return group;
}

function drawEdge(parent, edge, points) {
  const group = element(parent, "g", { class: "edge", "data-client": edge.client, "data-server": edge.server, "data-port": edge.port });
  element(group, "title", {}, `${edge.client} → ${edge.server}:${edge.port} (${edge.whys.join(", ")})`);
  const path = rounded(points, 7), end = points.at(-1), before = points.at(-2);
  const [dx, dy] = [Math.sign(end.x - before.x), Math.sign(end.y - before.y)];
  element(group, "path", { d: path });
  const [bx, by] = [end.x - 8 * dx, end.y - 8 * dy];
  element(group, "path", { class: "tip", d: `M${end.x} ${end.y}L${bx - 4 * dy} ${by - 4 * dx}L${bx + 4 * dy} ${by + 4 * dx}Z` });
  return group;
}

function rounded(points, radius) {
  const parts = [`M${points[0].x} ${points[0].y}`];
  for (let at = 1; at < points.length - 1; at++) {
    const [before, corner, after] = points.slice(at - 1, at + 2);
    const from = towards(corner, before, radius), to = towards(corner, after, radius);
    parts.push(`L${from.x} ${from.y}Q${corner.x} ${corner.y} ${to.x} ${to.y}`);
  }
  const last = points.at(-1);
  return `${parts.join("")}L${last.x} ${last.y}`;
}

function towards(from, to, distance) {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1, part = Math.min(distance, length / 2) / length;
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
}
