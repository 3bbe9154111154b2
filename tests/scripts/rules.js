// What no step may do, judged by what the members answered, not by what the planner made of it.
'use strict';

const path = require('path');
const { count, find, majority } = require(path.join(__dirname, 'world.js'));

const ROLES = ['PRIMARY', 'SECONDARY'];
const hostsOf = (config) => config.members.map((member) => member.host);
const same = (a, b) => [...a].sort().join() === [...b].sort().join();

// Returns pairs of a rule and how it is broken.
function broken(step, job, answers, world) {
  if (step.name === 'refuse') return [['refused', step.why]];
  if (step.name === 'initiate') return initiate(world);
  const leaders = Object.values(answers).filter((answer) => answer?.seen).sort((a, b) => b.seen.term - a.seen.term);
  if (!leaders.length) return [['no primary', `${step.name} without one`]];
  const found = leading(step, leaders[0]);
  if (step.name === 'done') return [...found, ...done(job, answers, leaders[0].config)];
  if (step.name === 'add' || step.name === 'remove') return [...found, ...change(step, job, answers, leaders[0])];
  return found;
}

// Silent members count: they may hold the data.
function initiate(world) {
  return find(world.nodes, (node) => node.config) ? [['second initiate', 'a member has a configuration']] : [];
}

function leading(step, { config, seen }) {
  const found = [];
  if (seen.votingMembersCount < config.members.length) found.push(['new member', 'it has no vote yet']);
  if (!seen.committed) found.push(['committed', 'the last configuration has not reached a majority']);
  if (step.config && step.config.version !== config.version + 1) {
    found.push(['latest primary', `version ${step.config.version} after ${config.version}`]);
  }
  return found;
}

function done(job, answers, config) {
  const found = [];
  if (!same(hostsOf(config), job.desired)) found.push(['done', 'members are not as desired']);
  const idle = find(job.desired, (host) => !ROLES.includes(answers[host]?.state));
  if (idle) found.push(['done', 'a member is out of role']);
  if (!job.usersDone) found.push(['done', 'users are not set']);
  return found;
}

function change(step, job, answers, { config, seen }) {
  const before = hostsOf(config);
  const after = hostsOf(step.config);
  const added = after.filter((host) => !before.includes(host));
  const removed = before.filter((host) => !after.includes(host));
  const lives = (host) => ROLES.includes(answers[host]?.state) && ROLES.includes(seen.states[host]);
  const alive = (hosts) => count(hosts, (host) => lives(host) || (added.includes(host) && answers[host]));
  const found = [];
  if (added.length + removed.length !== 1) found.push(['one vote a step', `+${added} -${removed}`]);
  if (after.length > 7) found.push(['seven votes', `${after.length} votes`]);
  if (alive(before) < majority(before.length)) found.push(['majority', 'none in the old configuration']);
  if (alive(after) < majority(after.length)) found.push(['majority', 'none in the new configuration']);
  if (find(removed, (host) => answers[host]?.seen)) found.push(['primary', 'removed while it is primary']);
  if (find(removed, (host) => job.desired.includes(host))) found.push(['desired', 'a desired member is removed']);
  return found;
}

module.exports = { broken };
