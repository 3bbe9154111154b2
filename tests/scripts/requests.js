// What a Job sees of the model in world.js, and what it asks of it: as strict as a mongod that is asked.
'use strict';

const path = require('path');
const { voters } = require(path.join(__dirname, 'world.js'));

const leads = (world, node) => world.reachable(node) && node.state === 'PRIMARY';

function initiate(world, host, { members }) {
  const node = world.byHost[host];
  if (!world.reachable(node) || node.config) return 'refused';
  world.install([node], { version: 1, term: world.term, members });
  Object.assign(node, { state: 'PRIMARY', term: world.term, view: {}, data: true });
  return 'done';
}

function reconfigure(world, host, { version, members }) {
  const node = world.byHost[host];
  if (!leads(world, node)) return 'refused';
  const known = new Map(node.config.members.map((member) => [member.host, member]));
  const wanted = new Set(members.map((member) => member.host));
  const added = members.filter((member) => !known.has(member.host));
  const removed = node.config.members.filter((member) => !wanted.has(member.host));
  if (version <= node.config.version || added.length + removed.length > 1 || !world.committed(node)) return 'refused';
  if (!wanted.has(host)) return 'refused';
  const marked = members.map((member) => known.get(member.host) ?? { ...member, newlyAdded: true });
  node.config = { version, term: node.term, members: marked };
  for (const member of added) world.byHost[member.host].sync = 1 + Math.floor(world.random() * 4);
  return 'done';
}

function stepDown(world, host) {
  const node = world.byHost[host];
  if (!leads(world, node)) return 'refused';
  Object.assign(node, { state: 'SECONDARY', frozen: 6 });
  return 'done';
}

function setUsers(world, host) {
  const node = world.byHost[host];
  return leads(world, node) && world.committed(node) ? 'done' : 'refused';
}

function answers(world, desired) {
  const said = {};
  let ask = desired;
  while (ask.length) {
    const named = new Set();
    for (const host of ask) {
      said[host] = answer(world, world.byHost[host]);
      for (const member of said[host]?.config?.members ?? []) named.add(member.host);
    }
    ask = [...named].filter((host) => !(host in said));
  }
  return said;
}

function answer(world, node) {
  if (!world.reachable(node)) return null;
  const { state, config } = node;
  const shown = config && tell(config);
  if (state !== 'PRIMARY') return { state, config: shown };
  const seen = { term: node.term, committed: world.committed(node), votingMembersCount: voters(config).length };
  return { state, config: shown, seen: { ...seen, states: { ...node.view, [node.host]: 'PRIMARY' } } };
}

// As replSetGetConfig tells it: the mark of a new member is the server's own affair.
const told = new WeakMap();
function tell(config) {
  if (!told.has(config)) {
    const members = config.members.map(({ _id, host }) => ({ _id, host }));
    told.set(config, { version: config.version, term: config.term, members });
  }
  return told.get(config);
}

module.exports = { answers, initiate, reconfigure, stepDown, setUsers };
