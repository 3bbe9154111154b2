"use strict";
// How a node, a room and an edge look: sizes for the layout, and SVG at the places that it gives.

const data = JSON.parse(document.getElementById("data").textContent);
const LINE = 22, PAD = 9, SPINE = 5, NAME_ROW = 17;
const ruler = document.createElement("canvas").getContext("2d");

function widthOf(text, size = 14, weight = 400) {
  ruler.font = `${weight} ${size}px ${getComputedStyle(document.documentElement).fontFamily}`;
  return Math.ceil(ruler.measureText(text).width);
}

function element(parent, name, attributes = {}, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return parent.appendChild(made);
}

const isDatabase = node => node.users.length > 0;
const isService = node => node.kind === "Deployment" || node.kind === "StatefulSet";
const pods = node => (isService(node) ? `× ${node.replicas}` : node.kind ?? "elsewhere");
const joined = node => data.edges.some(edge => edge.client === node.id && edge.server === node.id);
const pillWidth = text => widthOf(text, 12, 600) + 16;

function pillsOf(node) {
  return node.ports.flatMap(({ port, nodePort }) => [
    { text: String(port), kind: "" },
    ...(nodePort ? [{ text: String(nodePort), kind: "node-port" }] : []),
  ]);
}

function sizeOf(node) {
  const name = widthOf(node.name, 14, 600) + widthOf(pods(node), 12) + 22;
  const pills = pillsOf(node).reduce((sum, pill) => sum + pillWidth(pill.text) + 6, 0);
  const users = node.users.map(({ user, rights }) => widthOf(user, 13) + widthOf(rights, 12) + 26);
  const members = node.members.reduce((sum, member) => sum + pillWidth(member) + 18, 0);
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

function drawPill(parent, x, y, text, kind) {
  const width = pillWidth(text);
  element(parent, "rect", { x, y: y - 15, width, height: 20, rx: 10, class: `pill ${kind}` });
  element(parent, "text", { x: x + width / 2, y: y - 1, class: `pill-text ${kind}` }, text);
  return x + width;
}

function drawNode(parent, node, place) {
  const group = element(parent, "g", {
    class: `node ${isService(node) ? "" : "job"}`, transform: `translate(${place.x} ${place.y})`, tabindex: -1, role: "button",
    "data-id": node.id, "aria-label": sentence(node),
  });
  element(group, "rect", { class: "card", width: place.width, height: place.height, rx: 8 });
  element(group, "path", { class: "spine", d: `M${SPINE} 0H8A8 8 0 0 0 0 8V${place.height - 8}A8 8 0 0 0 8 ${place.height}H${SPINE}Z` });
  const left = SPINE + PAD, right = place.width - PAD;
  let y = NAME_ROW + 5;
  element(group, "text", { x: left, y, class: "name" }, node.name);
  element(group, "text", { x: right, y, class: "soft", "text-anchor": "end" }, pods(node));
  if (node.ports.length) {
    y += LINE;
    pillsOf(node).reduce((x, pill) => drawPill(group, x, y, pill.text, pill.kind) + 6, left);
  }
  if (node.members.length) {
    y += LINE;
    node.members.forEach((member, index) => {
      const x = left + index * (pillWidth(member) + 18);
      if (index && joined(node)) element(group, "text", { x: x - 15, y, class: "soft joined" }, "⇄");
      drawPill(group, x, y, member, "member");
    });
  }
  node.users.forEach(({ user, rights }, index) => {
    const middle = userRow(node, index);
    if (!index) element(group, "path", { class: "rule", d: `M${left} ${middle - LINE / 2 - 3}H${right}` });
    element(group, "text", { x: left, y: middle + 5, style: "font-size:13px" }, user);
    element(group, "text", { x: right, y: middle + 5, class: "soft", "text-anchor": "end" }, rights);
  });
  return group;
}

function drawRoom(parent, name, place, tint) {
  const group = element(parent, "g", { class: "room", "data-room": name });
  group.style.setProperty("--room-tint", `var(--tint-${tint})`);
  element(group, "rect", { x: place.x, y: place.y, width: place.width, height: place.height, rx: 14 });
  element(group, "text", { x: place.x + 18, y: place.y + 27 }, name);
  return group;
}

function drawEdge(parent, edge, points) {
  const group = element(parent, "g", { class: "edge", "data-client": edge.client, "data-server": edge.server, "data-port": edge.port });
  element(group, "title", {}, `${edge.client} → ${edge.server}:${edge.port} (${edge.whys.join(", ")})`);
  const path = rounded(points, 7), end = points.at(-1), before = points.at(-2);
  const [dx, dy] = [Math.sign(end.x - before.x), Math.sign(end.y - before.y)];
  element(group, "path", { d: path });
  element(group, "path", { class: "hit", d: path });
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

function sentence(node) {
  const ports = node.ports.map(({ port, nodePort }) => `port ${port}${nodePort ? `, ${nodePort} on every node` : ""}`);
  const clients = [...new Set(data.edges.filter(edge => edge.server === node.id && edge.client !== node.id).map(edge => edge.client))];
  const servers = [...new Set(data.edges.filter(edge => edge.client === node.id && edge.server !== node.id).map(edge => edge.server))];
  const plain = ids => ids.map(id => id.split("/")[1]).join(", ") || "nobody";
  return [`${node.name} in ${node.namespace}`, ...ports, `called by ${plain(clients)}`, `calls ${plain(servers)}`].join("; ");
}
