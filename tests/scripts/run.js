// One run: a set of some size, the size that is asked for, failures, one or two Jobs, and the rules none may break.
'use strict';

const path = require('path');
const { World, HOSTS, find, randomFrom, majority } = require(path.join(__dirname, 'world.js'));
const requests = require(path.join(__dirname, 'requests.js'));
const { broken } = require(path.join(__dirname, 'rules.js'));

const STORM = 40;
const CALM = 400;
// As often as they stand here: what repairs is likelier than what breaks.
const KINDS = 'crash crash restart restart restart cut heal heal lose find find endJob startJob startJob'.split(' ');

const pick = (random, choices) => choices[Math.floor(random() * choices.length)];
const hostsOf = (config) => config.members.map((member) => member.host);

class Run {
  constructor(seed, { assess, plan, script, keepRows }) {
    Object.assign(this, { assess, plan, keepRows, rows: [], broken: null, seen: {}, accepted: 0, tick: 0 });
    const chance = randomFrom(seed * 2654435761);
    this.random = randomFrom(seed ^ 0x5bd1e995);
    this.world = new World(this.random);
    this.from = pick(chance, [0, 0, 1, 3, 5, 7]);
    this.to = pick(chance, [3, 5, 7]);
    this.desired = HOSTS.slice(0, this.to);
    this.set(chance);
    this.jobs = [this.job(this.desired, false)];
    this.jobs.push(...this.secondJob(chance));
    this.script = script ?? this.storm(chance);
  }

  // It asks for the same, or, left over from before, for what was asked then, until the storm is over.
  secondJob(chance) {
    const which = pick(chance, ['none', 'same', 'older']);
    // A request for one member alone cannot know that others hold the data which that one lost.
    const blind = this.from === 1 && find(this.world.nodes, (node) => node.lostData);
    if (which === 'none' || (which === 'older' && blind)) return [];
    return [this.job(which === 'same' ? this.desired : HOSTS.slice(0, this.from || this.to), which === 'older')];
  }

  set(chance) {
    const { world, from, to } = this;
    // Where a drop would lose the majority, the pods are kept running while the votes are removed.
    const keep = to >= majority(from) && chance() < 0.7 ? to : Math.max(from, to);
    const members = this.membersAtFirst(chance);
    for (const [index, node] of world.nodes.entries()) node.pod = index < keep || members.includes(HOSTS[7]);
    for (const node of world.nodes) world.start(node);
    if (!members.length) return;
    const config = { version: 9, term: 1, members: members.map((host, _id) => ({ _id, host })) };
    world.install(members.map((host) => world.byHost[host]), config);
    if (chance() < 0.3) this.keepOldConfiguration(members);
    else if (members.length >= 3 && keep >= from && chance() < 0.3) {
      Object.assign(world.byHost[pick(chance, members)], { config: null, data: false, lostData: true });
    }
  }

  membersAtFirst(chance) {
    const { from, to } = this;
    const members = HOSTS.slice(0, from);
    const [low, high] = [Math.min(from, to), Math.max(from, to)];
    // Seven votes of which one is nobody's who is asked for: it must go before the missing one comes.
    if (from === 7 && to === 7 && chance() < 0.3) return [...HOSTS.slice(0, 6), HOSTS[7]];
    // A Job that was lost before left the set somewhere on the way.
    return from && chance() < 0.3 ? HOSTS.slice(0, low + Math.floor(chance() * (high - low + 1))) : members;
  }

  // Members of an earlier, larger set still hold its configuration.
  keepOldConfiguration(members) {
    const config = { version: 5, term: 1, members: HOSTS.slice(0, 7).map((host, _id) => ({ _id, host })) };
    for (const node of this.world.nodes) if (!members.includes(node.host)) Object.assign(node, { config, data: true });
  }

  storm(chance) {
    const count = Math.floor(chance() * 14);
    const below = (limit) => Math.floor(chance() * limit);
    const event = () => ({ at: below(STORM), kind: pick(chance, KINDS), target: below(256) });
    return [...Array(count)].map(event).sort((a, b) => a.at - b.at);
  }

  job(desired, leftover) {
    return { desired, leftover, alive: true, done: false, step: null, usersDone: false };
  }

  count(what) {
    this.seen[what] = (this.seen[what] ?? 0) + 1;
  }

  row(what) {
    if (!this.keepRows) return;
    const letter = (node) => (node.up ? { PRIMARY: 'P', SECONDARY: 'S' }[node.state] ?? 'o' : '.');
    const known = this.world.nodes.map((node) => node.config).filter(Boolean);
    const latest = known.sort((a, b) => b.term - a.term || b.version - a.version)[0];
    const config = latest ? `v${latest.version} ${hostsOf(latest).map((host) => host[3]).join('')}` : 'none';
    this.rows.push({ tick: this.tick, what, config, states: this.world.nodes.map(letter).join('') });
  }

  fail(rule, what) {
    if (this.broken) return;
    this.broken = { rule, what };
    this.row(`${rule}: ${what}`);
  }

  strike({ kind, target }) {
    const node = this.world.nodes[target % HOSTS.length];
    const job = this.jobs[target % this.jobs.length];
    if (kind === 'crash') this.world.crash(node);
    if (kind === 'restart') this.world.start(node);
    if (kind === 'cut') this.cut(target);
    if (kind === 'heal') this.cut(0);
    // Its own name does not resolve: the member has its configuration and does not find itself in it.
    if (kind === 'lose' && node.up) Object.assign(node, { lost: true, state: 'OTHER' });
    if (kind === 'find') Object.assign(node, { lost: false, sync: 1 });
    if (kind === 'endJob') job.alive = false;
    if (kind === 'startJob' && !job.alive) Object.assign(job, this.job(job.desired, job.leftover), { done: job.done });
    this.count(kind);
    const whom = kind.endsWith('Job') ? this.jobs.indexOf(job) : node.host;
    this.row(kind === 'cut' || kind === 'heal' ? `${kind} ${target.toString(2)}` : `${kind} ${whom}`);
  }

  cut(mask) {
    this.world.jobSide = 0;
    for (const [index, node] of this.world.nodes.entries()) node.side = (mask >> index) & 1;
  }

  calm() {
    this.cut(0);
    for (const node of this.world.nodes) {
      if (node.lost) Object.assign(node, { lost: false, sync: 1 });
      this.world.start(node);
    }
    // What a Job of an earlier request undid after this one was done, the next apply does again.
    const again = this.jobs.some((job) => job.leftover);
    this.jobs = this.jobs.filter((job) => !job.leftover);
    for (const job of this.jobs) if (again || !job.alive) Object.assign(job, this.job(job.desired, false));
    this.row('all failures are over');
  }

  work(job) {
    if (!job.alive || job.done) return;
    if (!job.step) this.decide(job);
    else this.act(job);
  }

  decide(job) {
    const answers = requests.answers(this.world, job.desired);
    const { config, health } = this.assess(answers);
    const step = this.plan(config, job.desired, { ...health, usersDone: job.usersDone });
    this.count(step.name);
    if (step.name === 'wait') return;
    for (const [rule, what] of broken(step, job, answers, this.world)) this.fail(rule, what);
    job.step = { ...step, primary: health.primary };
  }

  act(job) {
    const { name, host, config, primary } = job.step;
    job.step = null;
    const before = find(this.world.nodes, (node) => node.config);
    const done = {
      initiate: () => requests.initiate(this.world, host, config),
      add: () => requests.reconfigure(this.world, primary, config),
      remove: () => requests.reconfigure(this.world, primary, config),
      stepDown: () => requests.stepDown(this.world, primary),
      users: () => requests.setUsers(this.world, primary),
      done: () => 'done',
    }[name]?.();
    this.row(`Job ${this.jobs.indexOf(job)}: ${name} ${host ?? ''} ${done}`);
    this.count(`${name} ${done}`);
    if (name === 'initiate' && done === 'done' && before) this.fail('second initiate', 'a set existed');
    if (name === 'users') job.usersDone = done === 'done';
    else if (name === 'done') job.done = true;
    else job.usersDone = false;
  }

  go() {
    let next = 0;
    for (this.tick = 0; this.tick < STORM + CALM && !this.broken; this.tick += 1) {
      while (next < this.script.length && this.script[next].at <= this.tick) this.strike(this.script[next++]);
      if (this.tick === STORM) this.calm();
      this.world.tick();
      for (const job of this.jobs) if (this.random() < 0.5) this.work(job);
      if (this.tick > STORM && !find(this.jobs, (job) => !job.done)) break;
    }
    if (!this.broken) this.judgeEnd();
    return this;
  }

  judgeEnd() {
    const late = find(this.jobs, (job) => !job.done);
    if (late) return this.fail('convergence', `not done ${CALM} ticks after the last failure`);
    const primary = this.world.nodes.find((node) => node.state === 'PRIMARY');
    const hosts = primary ? [...hostsOf(primary.config)].sort().join() : 'no primary';
    if (primary && hosts !== [...this.desired].sort().join()) this.fail('convergence', `members are ${hosts}`);
    return this.count('converged');
  }
}

const run = (seed, options) => new Run(seed, options).go();

module.exports = { run };
