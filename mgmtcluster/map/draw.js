"use strict";
// The layout: elkjs places the nodes in the rooms of their namespaces.

const byId = new Map(data.nodes.map(node => [node.id, node]));
const rooms = [...new Set(data.nodes.map(node => node.namespace))];
const elk = new ELK();

// elkjs does not pass these on to rooms, so each room gets them too.
const SPACING = {
  "elk.layered.spacing.nodeNodeBetweenLayers": "26",
  "elk.layered.spacing.edgeNodeBetweenLayers": "14",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "7",
  "elk.spacing.nodeNode": "12",
  "elk.spacing.edgeNode": "10",
  "elk.spacing.edgeEdge": "7",
};
const OPTIONS = {
  ...SPACING,
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.hierarchyHandling": "INCLUDE_CHILDREN",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.layered.mergeEdges": "true",
  "elk.spacing.componentComponent": "30",
  "elk.randomSeed": "1",
};
const ROOM_OPTIONS = { ...SPACING, "elk.padding": "[top=46,left=16,bottom=16,right=16]" };

// At a database, the arrow of a user ends at the user's row, any other at the name. Elsewhere elkjs chooses.
function portsOf(node) {
  const port = (name, y) => ({ id: `${node.id}#${name}`, x: 0, y, width: 0, height: 0, layoutOptions: { "elk.port.side": "WEST" } });
  return isDatabase(node) ? [port("", NAME_ROW), ...node.users.map(({ user }, index) => port(user, userRow(node, index)))] : [];
}

// All cards of a room have one width, so that they form columns. A database is as wide as its users need.
function boxesOf(nodes) {
  const width = Math.max(...nodes.filter(node => !isDatabase(node)).map(node => sizeOf(node).width), 0);
  return nodes.map(node => {
    const size = sizeOf(node), ports = portsOf(node);
    const layoutOptions = ports.length ? { "elk.portConstraints": "FIXED_POS" } : {};
    return { id: node.id, height: size.height, width: Math.max(size.width, width), ports, layoutOptions };
  });
}

const targetOf = edge => (isDatabase(byId.get(edge.server)) ? `${edge.server}#${edge.user ?? ""}` : edge.server);

// The nodes and edges of one service and those it talks to. Without an id: all.
function shown(id) {
  const edges = data.edges.filter(edge => !id || edge.client === id || edge.server === id);
  const ids = new Set(id ? [id, ...edges.flatMap(edge => [edge.client, edge.server])] : byId.keys());
  return { nodes: data.nodes.filter(node => ids.has(node.id)), edges: edges.filter(edge => edge.client !== edge.server) };
}

async function layOut({ nodes, edges }) {
  const inRoom = room => boxesOf(nodes.filter(node => node.namespace === room));
  const laid = await elk.layout({
    id: "all",
    layoutOptions: OPTIONS,
    children: rooms.map(room => ({ id: room, layoutOptions: ROOM_OPTIONS, children: inRoom(room) })).filter(room => room.children.length),
    edges: edges.map((edge, index) => ({ id: String(index), sources: [edge.client], targets: [targetOf(edge)] })),
  });
  const { round } = Math; // the tip of an arrow needs an exactly level segment
  const places = new Map([["all", { x: 0, y: 0 }]]);
  for (const room of laid.children) {
    places.set(room.id, { ...room, x: round(room.x), y: round(room.y), width: round(room.width), height: round(room.height) });
    for (const box of room.children) places.set(box.id, { ...box, x: round(box.x + room.x), y: round(box.y + room.y) });
  }
  const paths = laid.edges.map(({ container, sections: [{ startPoint, bendPoints = [], endPoint }] }) => {
    const { x, y } = places.get(container);
    return [startPoint, ...bendPoints, endPoint].map(point => ({ x: round(point.x + x), y: round(point.y + y) }));
  });
  return { laid, places, paths };
}

// The drawing of one service and those it talks to. Without an id: of everything.
async function drawingOf(id) {
  const { nodes, edges } = shown(id);
  const { laid, places, paths } = await layOut({ nodes, edges });
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `-2 -2 ${Math.ceil(laid.width) + 4} ${Math.ceil(laid.height) + 4}`);
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", "Map of who calls whom");
  for (const { id: room } of laid.children) colour(drawRoom(svg, room, places.get(room)), room);
  edges.forEach((edge, index) => drawEdge(svg, edge, paths[index]));
  for (const node of nodes) colour(drawNode(svg, node, places.get(node.id)), node.namespace);
  return svg;
}

function colour(group, room) {
  const number = rooms.indexOf(room) % 6;
  group.setAttribute("style", `--room-tint:var(--tint-${number});--room-deep:var(--deep-${number})`);
}
