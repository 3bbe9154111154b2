"use strict";
// Where everything stands: elkjs lays out the nodes that are shown, in the rooms of their namespaces.

const byId = new Map(data.nodes.map(node => [node.id, node]));
const rooms = [...new Set(data.nodes.map(node => node.namespace))];
const elk = new ELK();

const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.hierarchyHandling": "INCLUDE_CHILDREN",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.layered.mergeEdges": "true",
  "elk.layered.spacing.nodeNodeBetweenLayers": "26",
  "elk.layered.spacing.edgeNodeBetweenLayers": "16",
  "elk.layered.spacing.edgeEdgeBetweenLayers": "8",
  "elk.spacing.nodeNode": "10",
  "elk.spacing.edgeNode": "12",
  "elk.spacing.edgeEdge": "8",
  "elk.spacing.componentComponent": "30",
  "elk.randomSeed": "1",
};
const ROOM_OPTIONS = { "elk.padding": "[top=44,left=20,bottom=20,right=20]" };

// At a database, a user's arrow ends at its row, any other one at the name; elsewhere, where elkjs likes it.
function portsOf(node) {
  const port = (name, y) => ({ id: `${node.id}#${name}`, x: 0, y, width: 0, height: 0, layoutOptions: { "elk.port.side": "WEST" } });
  return isDatabase(node) ? [port("", NAME_ROW), ...node.users.map(({ user }, index) => port(user, userRow(node, index)))] : [];
}

// Cards of a room are of one width, so that they stand in columns; a database's is as wide as its users need.
function boxesOf(nodes) {
  const width = Math.max(...nodes.filter(node => !isDatabase(node)).map(node => sizeOf(node).width), 0);
  return nodes.map(node => {
    const size = sizeOf(node), ports = portsOf(node);
    const layoutOptions = ports.length ? { "elk.portConstraints": "FIXED_POS" } : {};
    return { id: node.id, height: size.height, width: Math.max(size.width, width), ports, layoutOptions };
  });
}

const targetOf = edge => (isDatabase(byId.get(edge.server)) ? `${edge.server}#${edge.user ?? ""}` : edge.server);

// Of a service, itself and whom it talks to; without one, everything.
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
  const places = new Map([["all", { x: 0, y: 0 }]]);
  for (const room of laid.children) {
    places.set(room.id, room);
    for (const box of room.children) places.set(box.id, { ...box, x: box.x + room.x, y: box.y + room.y });
  }
  const paths = laid.edges.map(({ container, sections: [{ startPoint, bendPoints = [], endPoint }] }) => {
    const { x, y } = places.get(container);
    // Rounded, since a segment that is level but for the last digit has no direction.
    return [startPoint, ...bendPoints, endPoint].map(point => ({ x: Math.round(point.x + x), y: Math.round(point.y + y) }));
  });
  return { laid, places, paths };
}

async function draw(id) {
  const what = shown(id);
  const { laid, places, paths } = await layOut(what);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `-2 -2 ${laid.width + 4} ${laid.height + 4}`);
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", "Map of who calls whom");
  for (const { id: room } of laid.children) drawRoom(svg, room, places.get(room), rooms.indexOf(room) % 6);
  what.edges.forEach((edge, index) => drawEdge(svg, edge, paths[index]));
  for (const node of what.nodes) {
    const group = drawNode(svg, node, places.get(node.id));
    group.style.setProperty("--room-deep", `var(--deep-${rooms.indexOf(node.namespace) % 6})`);
  }
  for (const room of svg.querySelectorAll(".room")) {
    room.style.setProperty("--room-deep", `var(--deep-${rooms.indexOf(room.dataset.room) % 6})`);
  }
  const canvas = document.getElementById("canvas");
  canvas.replaceChildren(svg);
  return svg;
}
