// Talks to the members of a replica set, one direct connection each, as the user that members are to each other:
// __system, whose password is the keyfile. It works before the first user exists and after root's password is lost.
//
//   keysOf(text)                     the keys a keyfile holds: one, or two while they are rotated
//   new Members({ connect, keys, timeouts })
//                                    connect(uri) opens a connection (mongosh's Mongo); timeouts end each URI
//     .answer(host)                  what plan.js calls an answer, or null
//     .run(host, command)            one command on admin; throws what the server says
//     .accepts(host, user, password) whether the server knows this user with this password
//     .forget(host)                  closes the connection; the next command opens a new one
'use strict';

const CODES = { Unauthorized: 13, AuthenticationFailed: 18, NotYetInitialized: 94 };
const KEY = /^[A-Za-z0-9+/=]{6,1024}$/;

// An error whose message is fit to be the last line of the log: nobody may go on.
class Refusal extends Error {}

// Said by the server or its driver, which time may heal; anything else is a mistake of this script or its settings.
const ofTheDatabase = (error) => /^Mongo/.test(error.name);

// mongod reads the file as YAML and drops white space. No character of base64 can be mistaken for YAML's.
function keysOf(text) {
  const keys = text.replace(/[\s"']/g, '').split(/[-,[\]]/).filter(Boolean);
  if (!keys.length || !keys.every((key) => KEY.test(key))) {
    throw new Refusal('the keyfile holds no key: 6 to 1024 characters of base64, or a YAML list of such keys');
  }
  return keys;
}

function uriOf(host, user, password, source, timeouts) {
  const credentials = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
  return `mongodb://${credentials}@${host}/?directConnection=true&authSource=${source}&${timeouts}`;
}

class Members {
  constructor({ connect, keys, timeouts }) {
    this.connect = connect;
    this.keys = keys;
    this.timeouts = timeouts;
    this.connections = new Map();
  }

  async answer(host) {
    try {
      const hello = await this.run(host, { hello: 1 });
      const config = await this.configOf(host, {});
      const state = hello.isWritablePrimary ? 'PRIMARY' : hello.secondary ? 'SECONDARY' : 'OTHER';
      if (state !== 'PRIMARY') return { state, config: config && config.config };
      return await this.primaryAnswer(host);
    } catch (error) {
      await this.forget(host);
      if (!ofTheDatabase(error)) throw error;
      return null;
    }
  }

  async primaryAnswer(host) {
    const status = await this.run(host, { replSetGetStatus: 1 });
    const { config, commitmentStatus } = await this.configOf(host, { commitmentStatus: true });
    const states = Object.fromEntries(status.members.map((member) => [member.name, member.stateStr]));
    const { votingMembersCount } = status;
    const seen = { term: Number(status.term), committed: commitmentStatus, votingMembersCount, states };
    return { state: 'PRIMARY', config, seen };
  }

  // Not hello: a member that was removed, or cannot find itself, greets like one that never had a configuration.
  async configOf(host, options) {
    try {
      return await this.run(host, { replSetGetConfig: 1, ...options });
    } catch (error) {
      if (error.code === CODES.NotYetInitialized) return null;
      throw error;
    }
  }

  async run(host, command) {
    if (!this.connections.has(host)) this.connections.set(host, await this.open(host));
    try {
      const reply = await this.connections.get(host).getDB('admin').runCommand(command);
      // Done on the primary, yet not on a majority: as good as not done.
      if (reply.writeConcernError) throw Object.assign(new Error(), { name: 'MongoError', ...reply.writeConcernError });
      return reply;
    } catch (error) {
      if (error.code !== CODES.Unauthorized) throw error;
      throw new Refusal(`no right to run ${Object.keys(command)[0]} on ${host}`);
    }
  }

  async open(host) {
    for (const key of this.keys) {
      try {
        return await this.connect(uriOf(host, '__system', key, 'local', this.timeouts));
      } catch (error) {
        if (error.code !== CODES.AuthenticationFailed) throw error;
      }
    }
    throw new Refusal(`${host} does not accept the keyfile: the member runs with another one`);
  }

  async accepts(host, user, password) {
    try {
      const uri = uriOf(host, user, password, 'admin', this.timeouts);
      await (await this.connect(`${uri}&authMechanism=SCRAM-SHA-256`)).close();
      return true;
    } catch (error) {
      if (error.code === CODES.AuthenticationFailed) return false;
      throw error;
    }
  }

  async forget(host) {
    const connection = this.connections.get(host);
    this.connections.delete(host);
    if (connection) await connection.close().catch(() => {});
  }

  async close() {
    for (const host of [...this.connections.keys()]) await this.forget(host);
  }
}

module.exports = { Members, Refusal, keysOf, ofTheDatabase };
