// What is set on the primary once the members are as desired: the default write concern, the users, and, as a step of
// its own, the feature compatibility version. Each part reads first and writes only what differs, so that a second run
// changes nothing.
'use strict';

const fs = require('fs');
const path = require('path');
const { Refusal } = require('./members.js');

const MAJORITY = { w: 'majority', wtimeout: 60000 };
const MECHANISMS = ['SCRAM-SHA-256'];

async function setWriteConcern({ run, print }) {
  const { defaultWriteConcern, defaultWriteConcernSource } = await run({ getDefaultRWConcern: 1 });
  if (defaultWriteConcernSource === 'global' && defaultWriteConcern.w === 'majority') return;
  await run({ setDefaultRWConcern: 1, defaultWriteConcern: { w: 'majority' }, writeConcern: MAJORITY });
  print('set the default write concern to majority');
}

function passwordOf(user, secrets) {
  const file = path.join(secrets, 'users', user);
  if (!fs.existsSync(file)) throw new Refusal(`the password of ${user} is missing: no file ${file}`);
  const password = fs.readFileSync(file, 'utf8');
  // Services get the same bytes in their URI, where these cannot stand.
  if (!password || /\s/.test(password)) throw new Refusal(`the password of ${user} is empty or holds white space`);
  return password;
}

const sorted = (roles) => JSON.stringify(roles.map(({ role, db }) => `${db}.${role}`).sort());

async function setUser({ user, roles }, { run, print, accepts, secrets }) {
  const pwd = passwordOf(user, secrets);
  const [known] = (await run({ usersInfo: { user, db: 'admin' } })).users;
  const wanted = { pwd, roles, mechanisms: MECHANISMS, writeConcern: MAJORITY };
  if (!known) {
    await run({ createUser: user, ...wanted });
    return print(`created user ${user}`);
  }
  const rightRoles = sorted(known.roles) === sorted(roles);
  const rightMechanisms = String(known.mechanisms) === String(MECHANISMS);
  if (rightRoles && rightMechanisms && (await accepts(user, pwd))) return print(`kept user ${user}`);
  await run({ updateUser: user, ...wanted });
  return print(`repaired user ${user}`);
}

async function setUsers(users, on) {
  await setWriteConcern(on);
  for (const user of users) await setUser(user, on);
}

const parts = (version) => version.split('.').map(Number);
const older = (a, b) => {
  const [[major, minor], [otherMajor, otherMinor]] = [parts(a), parts(b)];
  return major < otherMajor || (major === otherMajor && minor < otherMinor);
};

// Returns what it waits for, or null once the version is the one asked for.
async function setFeatureCompatibilityVersion(version, hosts, { run, runOn, print }) {
  const { featureCompatibilityVersion: now } = await run({ getParameter: 1, featureCompatibilityVersion: 1 });
  if (older(version, now.version)) {
    throw new Refusal(`the feature compatibility version is ${now.version} and is never lowered to ${version} here`);
  }
  // A change that was interrupted still names its target; asking again completes it.
  if (now.version === version && !now.targetVersion) return null;
  for (const host of hosts) {
    const { version: binary } = await runOn(host, { buildInfo: 1 });
    if (older(binary, version)) return `${host} runs ${binary}, older than feature compatibility version ${version}`;
  }
  await run({ setFeatureCompatibilityVersion: version, confirm: true, writeConcern: MAJORITY });
  print(`set the feature compatibility version to ${version}`);
  return null;
}

module.exports = { setUsers, setFeatureCompatibilityVersion };
