// A client as the platform's services on Node.js are: mongoose, with the connection string as it stands in a variable.
//
// `with_mongoose.js VARIABLE` prints what it read of what it wrote. Then it writes and reads ten times a second until its input
// ends, and prints how that went. Each is a line of JSON, the same as of `with_pymongo.py`.
const mongoose = require("mongoose");

const EVERY_MS = 100;

const Thing = mongoose.model(
  "Thing",
  new mongoose.Schema({ name: { type: String, unique: true }, kind: String, size: Number, tags: { type: [String], default: undefined } }),
  "things_of_mongoose",
);
const Count = mongoose.model("Count", new mongoose.Schema({ _id: String, count: Number }), "counts_of_mongoose");

// What comes of the commands that services use.
async function changes() {
  await Thing.init(); // makes the collection and its index
  await Thing.deleteMany({});
  await Thing.insertMany([["a", "x", 1], ["b", "y", 2], ["c", "x", 3]].map(([name, kind, size]) => ({ name, kind, size })));
  const duplicate = await new Thing({ name: "a" }).save().then(() => null, (error) => error.code);
  const found = (await Thing.find({ size: { $gte: 2 } }, "name").sort("-size")).map((each) => each.name);
  const grown = await Thing.updateMany({ kind: "x" }, { $inc: { size: 10 }, $push: { tags: "grown" } });
  const made = await Thing.updateOne({ name: "d" }, { $set: { kind: "y", size: 4 } }, { upsert: true });
  const renamed = await Thing.findOneAndUpdate({ name: "b" }, { name: "e" }, { new: true });
  const sizes = await Thing.aggregate([{ $group: { _id: "$kind", size: { $sum: "$size" } } }, { $sort: { _id: 1 } }]);
  return {
    duplicate,
    found,
    grown: [grown.matchedCount, grown.modifiedCount],
    made: made.upsertedId !== null,
    renamed: renamed.name,
    sizes: sizes.map((each) => [each._id, each.size]),
    tagged: await Thing.countDocuments({ tags: "grown" }),
    kinds: (await Thing.distinct("kind")).sort(),
    deleted: (await Thing.deleteMany({ size: { $lt: 5 } })).deletedCount,
    left: (await Thing.find().sort("name")).map((each) => each.name),
  };
}

// Count up to what was acknowledged, until the input ends.
async function steadily(unanswered) {
  let over = false;
  process.stdin.on("end", () => (over = true)).resume();
  await Count.deleteMany({});
  let [calls, longest] = [0, 0];
  const failures = [];
  while (!over) {
    for (const call of [
      () => Count.updateOne({ _id: "count" }, { $inc: { count: 1 } }, { upsert: true }),
      () => Count.findById("count"),
    ]) {
      const began = performance.now();
      await call().catch((error) => failures.push(error.message));
      longest = Math.max(longest, (performance.now() - began) / 1000);
    }
    calls += 1;
    await new Promise((resume) => setTimeout(resume, EVERY_MS));
  }
  return { calls, counted: (await Count.findById("count")).count, failures, longest, unanswered };
}

async function main() {
  const unanswered = []; // how long each attempt took that a member did not answer at all, not even with a refusal
  await mongoose.connect(process.env[process.argv[2]]);
  const began = new Map(); // by connection: the driver itself does not say how long a failed attempt to connect took
  const begin = (connection) => began.set(connection, performance.now());
  const fail = (connection, error) => {
    if (/timed out/.test(error?.message)) unanswered.push((performance.now() - began.get(connection)) / 1000);
  };
  const client = mongoose.connection.getClient();
  client.on("serverHeartbeatStarted", ({ connectionId }) => begin(connectionId));
  client.on("serverHeartbeatFailed", ({ connectionId, failure, awaited }) => awaited || fail(connectionId, failure));
  client.on("connectionCreated", ({ address, connectionId }) => begin(`${address} ${connectionId}`));
  client.on("connectionReady", ({ address, connectionId }) => began.delete(`${address} ${connectionId}`));
  client.on("connectionClosed", ({ address, connectionId, error }) => {
    if (began.has(`${address} ${connectionId}`)) fail(`${address} ${connectionId}`, error);
  });
  console.log(JSON.stringify(await changes()));
  console.log(JSON.stringify(await steadily(unanswered)));
  await mongoose.disconnect();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
