// A model of replica-set members under failures: heartbeats, elections, first syncs and reconfigurations, a tick at a
// time. It is as strange as a real set may be: views are late, an old primary believes in itself, a member that was
// removed keeps what it knew.
'use strict';

// One more than a set may have: a member that must go can be an eighth.
const MEMBERS = 8;
const hostOf = (index) => `db-${index}.db:27017`;
const HOSTS = [...Array(MEMBERS).keys()].map(hostOf);
const majority = (votes) => Math.floor(votes / 2) + 1;

function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

// mongosh replaces the array methods that take a function by ones that may wait, twenty times slower; a model that is
// run a hundred thousand times counts in loops of its own.
function count(items, holds) {
  let found = 0;
  for (const item of items) if (holds(item)) found += 1;
  return found;
}

function find(items, holds) {
  for (const item of items) if (holds(item)) return item;
  return undefined;
}

const newer = (a, b) => !b || a.term > b.term || (a.term === b.term && a.version > b.version);
const memberOf = (config, host) => find(config.members, (member) => member.host === host);
const names = (config, host) => Boolean(memberOf(config, host));
const isNew = (config, host) => Boolean(memberOf(config, host)?.newlyAdded);
const voters = (config) => (config.voters ??= config.members.filter((member) => !member.newlyAdded));

class World {
  constructor(random) {
    this.random = random;
    this.term = 1;
    this.jobSide = 0;
    const off = { pod: false, up: false, side: 0, lost: false, data: false, state: 'OTHER', config: null, sync: 0 };
    this.nodes = HOSTS.map((host) => ({ host, ...off, view: {} }));
    this.byHost = Object.fromEntries(this.nodes.map((node) => [node.host, node]));
  }

  connected(a, b) {
    return a.up && b.up && a.side === b.side && !a.lost && !b.lost;
  }

  reachable(node) {
    return node.up && node.side === this.jobSide;
  }

  adopt(node, config) {
    node.config = config;
    if (!names(config, node.host)) node.state = 'OTHER';
    if (node.state === 'PRIMARY' && config.term > node.term) node.state = 'SECONDARY';
  }

  crash(node) {
    Object.assign(node, { up: false, state: 'OTHER', lost: false, view: {} });
  }

  start(node) {
    if (!node.pod || node.up) return;
    Object.assign(node, { up: true, state: 'OTHER', sync: 1 + Math.floor(this.random() * 3) });
  }

  tick() {
    for (const node of this.nodes) if (node.up && node.config && !node.lost) this.heartbeats(node);
    for (const node of this.nodes) this.recover(node);
    for (const node of this.nodes) if (node.state === 'PRIMARY') this.lead(node);
    this.elect();
  }

  heartbeats(node) {
    for (const { host } of node.config.members) {
      const peer = this.byHost[host];
      const heard = peer !== node && this.connected(node, peer);
      if (peer === node || this.random() > 0.8) continue;
      if (node.state === 'PRIMARY') node.view[host] = heard ? peer.state : 'DOWN';
      if (!heard) continue;
      if (newer(node.config, peer.config)) this.adopt(peer, node.config);
      else if (newer(peer.config, node.config)) this.adopt(node, peer.config);
      if (peer.state === 'PRIMARY' && node.state === 'PRIMARY') {
        (peer.term < node.term ? peer : node).state = 'SECONDARY';
      }
    }
  }

  recover(node) {
    if (!node.up || node.lost || node.state !== 'OTHER' || !node.config || !names(node.config, node.host)) return;
    const source = find(this.nodes, (peer) => peer.state === 'PRIMARY' && this.connected(peer, node));
    if ((node.data || source) && (node.sync -= 1) <= 0) Object.assign(node, { state: 'SECONDARY', data: true });
  }

  lead(node) {
    node.view[node.host] = 'PRIMARY';
    const heard = count(voters(node.config), ({ host }) => this.connected(node, this.byHost[host]));
    if (heard < majority(voters(node.config).length)) {
      if (this.random() < 0.3) node.state = 'SECONDARY';
      return;
    }
    const synced = find(node.config.members, (member) => member.newlyAdded && node.view[member.host] === 'SECONDARY');
    if (!synced || !this.committed(node)) return;
    const members = node.config.members.map(({ _id, host, newlyAdded }) =>
      newlyAdded && host !== synced.host ? { _id, host, newlyAdded } : { _id, host });
    node.config = { version: node.config.version + 1, term: node.term, members };
  }

  committed(node) {
    const { term, version } = node.config;
    const has = count(voters(node.config), ({ host }) => {
      const peer = this.byHost[host];
      return this.connected(node, peer) && peer.config?.term === term && peer.config.version === version;
    });
    return has >= majority(voters(node.config).length);
  }

  elect() {
    const first = Math.floor(this.random() * MEMBERS);
    for (let offset = 0; offset < MEMBERS; offset += 1) {
      const node = this.nodes[(first + offset) % MEMBERS];
      const runs = node.up && !node.lost && node.state === 'SECONDARY';
      if (runs && this.mayWin(node) && this.random() < 0.5) this.win(node);
    }
  }

  mayWin(node) {
    if (!names(node.config, node.host) || isNew(node.config, node.host) || node.frozen > 0) {
      node.frozen = Math.max(0, (node.frozen ?? 0) - 1);
      return false;
    }
    const leads = (peer) => peer.state === 'PRIMARY' && this.connected(peer, node) && names(peer.config, node.host);
    if (find(this.nodes, leads)) return false;
    const votes = count(voters(node.config), ({ host }) => {
      const peer = this.byHost[host];
      return this.connected(node, peer) && peer.config && !newer(peer.config, node.config);
    });
    return votes >= majority(voters(node.config).length);
  }

  win(node) {
    this.term += 1;
    Object.assign(node, { state: 'PRIMARY', term: this.term, view: {} });
    const { version, members } = node.config;
    node.config = { version, term: this.term, members };
  }

  install(nodes, config) {
    for (const node of nodes) Object.assign(node, { config, data: true });
  }
}

module.exports = { World, count, find, voters, HOSTS, randomFrom, majority };
