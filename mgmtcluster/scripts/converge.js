// Brings a replica set to its desired members, users and settings, one safe step at a time, with a line for each.
// Run: mongosh --nodb --quiet converge.js
//
//   REPLICA_SET                    name of the set, as mongod was started with
//   MEMBERS                        JSON list of the desired "host:port"; they differ in their ordinal only
//   USERS                          JSON list of { user, roles }, all in admin; the password is the file users/<user>
//   TIMEOUTS                       the timeouts of a connection to one member, as a URI holds them
//   FEATURE_COMPATIBILITY_VERSION  optional: raised as the last step
//   DEADLINE_SECONDS               how long to go on in all (900)
//   POLL_SECONDS                   pause between two looks at the set (2)
//   SECRETS_DIR                    holds keyfile/keyfile and users/ (/secrets)
//
// Exit codes: 0 the set is as desired; 1 it is not, and the last line says why.
'use strict';

const fs = require('fs');
const path = require('path');
const { assess, plan, relatives } = require(path.join(__dirname, 'plan.js'));
const { Members, Refusal, keysOf, ofTheDatabase } = require(path.join(__dirname, 'members.js'));
const settle = require(path.join(__dirname, 'settle.js'));

// Somebody else was faster, an election ran, or a wait inside the server ran out: look again and plan anew.
const CHANGED = new Set([
  'AlreadyInitialized', 'NotYetInitialized', 'InvalidReplicaSetConfig', 'NodeNotFound', 'CurrentConfigNotCommittedYet',
  'NewReplicaSetConfigurationIncompatible', 'ConfigurationInProgress', 'ConflictingOperationInProgress',
  'NotWritablePrimary', 'NotPrimaryNoSecondaryOk', 'NotPrimaryOrSecondary', 'PrimarySteppedDown',
  'InterruptedDueToReplStateChange', 'InterruptedAtShutdown', 'ShutdownInProgress', 'WriteConflict',
  'ExceededTimeLimit', 'MaxTimeMSExpired', 'WriteConcernFailed', 'WriteConcernTimeout', 'UnsatisfiableWriteConcern',
  'HostUnreachable', 'HostNotFound', 'NetworkTimeout', 'SocketException', 'UserNotFound', 'Location51003',
]);
const REPEAT_LINE_SECONDS = 30;

function listFrom(env, name) {
  try {
    return Array.from(JSON.parse(env[name]));
  } catch {
    throw new Refusal(`${name} is not a JSON list`);
  }
}

function settingsFrom(env) {
  for (const name of ['REPLICA_SET', 'TIMEOUTS']) if (!env[name]) throw new Refusal(`${name} is not set`);
  return {
    set: env.REPLICA_SET,
    desired: listFrom(env, 'MEMBERS'),
    users: listFrom(env, 'USERS'),
    timeouts: env.TIMEOUTS,
    version: env.FEATURE_COMPATIBILITY_VERSION || null,
    deadline: Date.now() + 1000 * Number(env.DEADLINE_SECONDS || 900),
    pause: 1000 * Number(env.POLL_SECONDS || 2),
    secrets: env.SECRETS_DIR || '/secrets',
  };
}

function readKeys(secrets) {
  const file = path.join(secrets, 'keyfile', 'keyfile');
  if (!fs.existsSync(file)) throw new Refusal(`the keyfile is missing: no file ${file}`);
  return keysOf(fs.readFileSync(file, 'utf8'));
}

// One line a reason, and again now and then so that a log that is followed shows life.
function narrator() {
  let last = { line: null, at: 0 };
  return (line) => {
    if (line === last.line && Date.now() - last.at < 1000 * REPEAT_LINE_SECONDS) return;
    last = { line, at: Date.now() };
    console.log(line);
  };
}

// A former member may be the primary, so whoever any configuration names is asked too.
async function look(members, desired) {
  const answers = {};
  const configs = () => Object.values(answers).flatMap((answer) => answer?.config ?? []);
  const ask = async (hosts) => {
    const fresh = hosts.filter((host) => !(host in answers));
    for (const host of fresh) answers[host] = await members.answer(host);
    if (fresh.length) await ask(configs().flatMap((config) => config.members.map((member) => member.host)));
  };
  await ask(desired);
  if (!configs().length && Object.values(answers).every(Boolean)) await ask(relatives(desired));
  return assess(answers);
}

async function act(step, context) {
  const { members, settings, primary, print } = context;
  const run = (command) => members.run(primary, command);
  const on = {
    run,
    print,
    runOn: (host, command) => members.run(host, command),
    accepts: (user, password) => members.accepts(primary, user, password),
    secrets: settings.secrets,
  };
  switch (step.name) {
    case 'initiate':
      return members.run(step.host, { replSetInitiate: { _id: settings.set, ...step.config } });
    case 'add':
    case 'remove':
      return run({ replSetReconfig: step.config, maxTimeMS: 60000 });
    case 'stepDown':
      return run({ replSetStepDown: 60, secondaryCatchUpPeriodSecs: 30 });
    case 'users':
      return settle.setUsers(settings.users, on);
    case 'done':
      return settings.version && settle.setFeatureCompatibilityVersion(settings.version, settings.desired, on);
  }
}

// Returns what it waits for; throws a Refusal where nobody may go on.
async function takeStep(step, context) {
  const { print, members } = context;
  if (step.name === 'wait') return step.why;
  if (step.name === 'refuse') throw new Refusal(step.why);
  if (step.name !== 'done') print(step.why);
  const host = step.name === 'initiate' ? step.host : context.primary;
  try {
    const reason = await act(step, context);
    return typeof reason === 'string' ? reason : null;
  } catch (error) {
    if (!ofTheDatabase(error)) throw error;
    await members.forget(host);
    const what = `${step.name}: ${named(error)}`;
    if (error.codeName && !CHANGED.has(error.codeName)) throw new Refusal(`${host} refuses to ${what}`);
    return `${host} did not ${what}`;
  }
}

// The server's message may quote the command, and so a password. Print the error's name only.
const named = (error) => error.codeName || (error.code ? `error ${error.code}` : error.name);

async function converge(settings, members) {
  const print = narrator();
  let usersDone = false;
  for (;;) {
    const { config, health } = await look(members, settings.desired);
    const step = plan(config, settings.desired, { ...health, usersDone });
    const reason = await takeStep(step, { members, settings, primary: health.primary, print });
    if (step.name === 'done' && !reason) return print(step.why);
    if (step.name === 'users') usersDone = !reason;
    else if (step.name === 'add' || step.name === 'remove') usersDone = false;
    if (reason && Date.now() > settings.deadline) throw new Refusal(`gave up waiting: ${reason}`);
    if (reason) print(`waiting: ${reason}`);
    if (reason || step.name === 'stepDown') await new Promise((resume) => setTimeout(resume, settings.pause));
  }
}

// Where it happened; the message of an unexpected error may quote what it was given.
const frame = (error) => (/\n\s+(at .*)/.exec(error.stack) || ['', ''])[1];

async function main() {
  let members;
  try {
    const settings = settingsFrom(process.env);
    const { secrets, timeouts } = settings;
    members = new Members({ connect: async (uri) => new Mongo(uri), keys: readKeys(secrets), timeouts });
    await converge(settings, members);
    return 0;
  } catch (error) {
    console.log(error instanceof Refusal ? error.message : `unexpected ${error.name} ${frame(error)}`.trim());
    return 1;
  } finally {
    if (members) await members.close();
  }
}

main().then((code) => process.exit(code));
