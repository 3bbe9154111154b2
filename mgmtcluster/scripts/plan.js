// Decides the next step that brings a replica set to its desired members. Pure: it reads no clock, file or socket,
// so what decides in the cluster is what the simulator runs.
//
//   assess(answers)               -> { config, health }, made of what the members said
//   plan(config, desired, health) -> one step
//   relatives(desired)            -> hosts that may be former members
//
// answers: { host: null | { state, config, seen } }; null for a host that does not answer. config is null only where
// the member says itself that it has none. seen is what a primary reports besides: { term, committed,
// votingMembersCount, states: { host: state } }.
//
// step: { name, why } and, by name:
//   initiate, add, remove   host, config: the whole configuration to send
//   stepDown                host
//   users                   members are as desired: set the write concern, create and repair users
//   wait, refuse            why alone: something must change first; nobody may go on
//   done                    every desired member is primary or secondary
'use strict';

const MAX_VOTES = 7;
const ROLES = ['PRIMARY', 'SECONDARY'];

const majority = (votes) => Math.floor(votes / 2) + 1;
const list = (hosts) => hosts.join(', ');
const verb = (hosts, one, many) => `${list(hosts)} ${hosts.length === 1 ? one : many}`;
const wait = (why) => ({ name: 'wait', why });
const refuse = (why) => ({ name: 'refuse', why });

// The host with its ordinal left out: members of one set differ in nothing else.
const family = (host) => host.replace(/^([^.:]*-)\d+(?=[.:]|$)/, '$1#');

// Whoever else may be a member: asked where no desired one has a configuration, for a former one may hold the data.
function relatives(desired) {
  const ordinals = [...Array(MAX_VOTES).keys()];
  const hosts = desired.flatMap((host) => ordinals.map((ordinal) => family(host).replace('#', ordinal)));
  return [...new Set(hosts)].filter((host) => !desired.includes(host));
}

const newer = (a, b) => (a.term ?? -1) - (b.term ?? -1) || a.version - b.version;

function assess(answers) {
  const hosts = Object.keys(answers).filter((host) => answers[host]);
  const configs = hosts.map((host) => answers[host].config).filter(Boolean);
  // After a partition the old primary may still believe in itself: the later term is the one that was elected.
  const primary = hosts
    .filter((host) => answers[host].seen)
    .sort((a, b) => answers[b].seen.term - answers[a].seen.term)[0];
  const seen = primary && answers[primary].seen;
  const live = hosts.filter(
    (host) => seen && ROLES.includes(answers[host].state) && ROLES.includes(seen.states[host]),
  );
  return {
    config: primary ? answers[primary].config : configs.sort(newer).at(-1) ?? null,
    health: {
      primary: primary ?? null,
      answering: hosts,
      live,
      committed: Boolean(seen && seen.committed),
      votingMembersCount: seen ? seen.votingMembersCount : null,
      replicaSetIds: setsOf(answers, hosts),
    },
  };
}

function setsOf(answers, hosts) {
  const ids = {};
  for (const host of hosts) {
    const id = answers[host].config?.settings?.replicaSetId;
    if (id) (ids[String(id)] ??= []).push(host);
  }
  return ids;
}

function plan(config, desired, health) {
  const wrong = wrongRequest(desired) ?? wrongSet(config, desired, health);
  if (wrong) return refuse(wrong);
  if (!config) return begin(desired, health);
  const reason = unsettled(config, health);
  if (reason) return wait(reason);

  const hosts = config.members.map((member) => member.host);
  const missing = desired.filter((host) => !hosts.includes(host));
  const former = hosts.filter((host) => !desired.includes(host));
  if (missing.length && votersOf(config).length < MAX_VOTES) return add(config, missing, health);
  if (former.length) return remove(config, desired, former, health);
  return settle(desired, health);
}

function wrongRequest(desired) {
  if (!desired.length) return 'no member is asked for';
  if (new Set(desired).size < desired.length) return `a member is asked for twice: ${list(desired)}`;
  if (desired.length > MAX_VOTES) {
    return `${desired.length} members are asked for, a replica set has at most ${MAX_VOTES} votes`;
  }
  return null;
}

function wrongSet(config, desired, health) {
  if (!config) return null;
  const sets = Object.values(health.replicaSetIds);
  if (sets.length > 1) return `members hold configurations of different replica sets: ${sets.map(list).join(' / ')}`;
  const extra = config.members.map((member) => member.host).filter((host) => !desired.includes(host));
  const unknown = extra.filter((host) => !desired.some((asked) => family(asked) === family(host)));
  if (unknown.length) return `${verb(unknown, 'is an unknown member', 'are unknown members')}: remove it by hand first`;
  const mute = config.members.filter((member) => desired.includes(member.host) && member.votes === 0);
  if (mute.length) return `${list(mute.map((member) => member.host))} has no vote: give it one by hand first`;
  return null;
}

// A member that is silent now may hold the data: a set made without it would be a second one.
function begin(desired, health) {
  const silent = desired.filter((host) => !health.answering.includes(host));
  if (silent.length) {
    return wait(`${verb(silent, 'does', 'do')} not answer; a set is initiated only when every desired member does`);
  }
  const [host] = desired;
  const config = { members: [{ _id: 0, host }] };
  return { name: 'initiate', host, config, why: `initiate the replica set with ${host}` };
}

function unsettled(config, health) {
  const voters = votersOf(config);
  const live = liveVoters(config, health);
  const needed = majority(voters.length);
  const some = voters.filter((member) => health.answering.includes(member.host)).length;
  if (!health.primary) return `no primary: ${some} of ${voters.length} voting members answer, ${needed} are needed`;
  // The server hides the mark of a new member; that it counts fewer votes than are configured gives it away.
  if (health.votingMembersCount < voters.length) {
    const fresh = voters.filter((member) => !health.live.includes(member.host)).map((member) => member.host);
    if (!fresh.length) return 'a new member has the data, and no vote yet';
    return `a new member has no vote until its first sync is over: ${list(fresh)}`;
  }
  if (!health.committed) return 'the last configuration has not reached a majority';
  if (live.length < needed) {
    return `${live.length} of ${voters.length} voting members are primary or secondary, ${needed} are needed`;
  }
  return null;
}

function add(config, missing, health) {
  const host = missing.find((candidate) => health.answering.includes(candidate));
  if (!host) return wait(`${verb(missing, 'does', 'do')} not answer and cannot be added`);
  // Its vote counts once it is secondary, so a majority that lives without it lives with it.
  return change('add', host, config, [...config.members, { _id: freeId(config), host }]);
}

function remove(config, desired, former, health) {
  // Members that are gone first: each one removed widens the margin. The primary last, so that it steps down once.
  const rank = (host) => (host === health.primary ? 2 : health.live.includes(host) ? 1 : 0);
  const host = [...former].reverse().sort((a, b) => rank(a) - rank(b))[0];
  const rest = config.members.filter((member) => member.host !== host);
  const votes = votersOf({ members: rest }).length;
  const live = liveVoters({ members: rest }, health).length;
  if (live < majority(votes)) return wait(`${host} cannot be removed: ${live} of ${votes} votes would be alive`);
  if (host !== health.primary) return change('remove', host, config, rest);
  return { name: 'stepDown', host, why: `${host} is primary and no longer desired: step down` };
}

function settle(desired, health) {
  if (!health.usersDone) return { name: 'users', why: 'members are as desired: set write concern and users' };
  const away = desired.filter((host) => !health.live.includes(host));
  if (away.length) return wait(`${verb(away, 'is', 'are')} neither primary nor secondary`);
  return { name: 'done', why: `all ${desired.length} members are primary or secondary` };
}

function change(name, host, config, members) {
  return { name, host, config: { ...config, version: config.version + 1, members }, why: `${name} ${host}` };
}

function freeId(config) {
  const next = Math.max(...config.members.map((member) => member._id)) + 1;
  const used = new Set(config.members.map((member) => member._id));
  return next <= 255 ? next : [...Array(256).keys()].find((id) => !used.has(id));
}

const votersOf = (config) => config.members.filter((member) => member.votes !== 0);
const liveVoters = (config, health) => votersOf(config).filter((member) => health.live.includes(member.host));

module.exports = { assess, plan, relatives };
