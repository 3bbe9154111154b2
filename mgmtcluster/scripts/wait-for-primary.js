// Waits until the replica set has a primary that lets this user in: for services whose driver never connects again.
// Run: mongosh --nodb --quiet wait-for-primary.js
//
//   DATABASE_URI      mongodb:// with all members, credentials, replicaSet and timeouts
//   DEADLINE_SECONDS  how long to wait in all (600)
//   POLL_SECONDS      pause between two attempts (2)
//
// Exit codes: 0 a primary answers; 1 none does within the deadline, and the last line says what was missing.
'use strict';

const REPEAT_LINE_SECONDS = 30;
const AUTHENTICATION_FAILED = 18;
const WRONG_URI = ['MongoParseError', 'MongoInvalidArgumentError', 'MongoAPIError', 'MongoshInvalidInputError'];

const { DATABASE_URI, DEADLINE_SECONDS, POLL_SECONDS } = process.env;
const deadline = Date.now() + 1000 * Number(DEADLINE_SECONDS || 600);
const pause = 1000 * Number(POLL_SECONDS || 2);

// Never the error's message: the driver may quote the URI in it. Null where waiting is no use.
function reasonOf(error) {
  if (WRONG_URI.includes(error.name)) return null;
  if (error.code === AUTHENTICATION_FAILED) return 'the user or its password is not accepted yet';
  return `no primary answers (${error.codeName || error.name})`;
}

// Returns { ready } or { reason }.
async function attempt() {
  let connection;
  try {
    connection = new Mongo(DATABASE_URI);
    const hello = await connection.getDB('admin').runCommand({ hello: 1 });
    return { ready: hello.isWritablePrimary, reason: 'no primary answers' };
  } catch (error) {
    return { ready: false, reason: reasonOf(error) };
  } finally {
    if (connection) await connection.close();
  }
}

function end(code, line) {
  console.log(line);
  return code;
}

async function main() {
  if (!DATABASE_URI) return end(1, 'DATABASE_URI is not set');
  let last = { reason: null, at: 0 };
  for (;;) {
    const { ready, reason } = await attempt();
    if (ready) return end(0, 'a primary answers');
    if (!reason) return end(1, 'DATABASE_URI is no URI of a database');
    if (reason !== last.reason || Date.now() - last.at > 1000 * REPEAT_LINE_SECONDS) {
      console.log(`waiting: ${reason}`);
      last = { reason, at: Date.now() };
    }
    if (Date.now() > deadline) return end(1, `gave up waiting: ${reason}`);
    await new Promise((resume) => setTimeout(resume, pause));
  }
}

main().then((code) => process.exit(code));
