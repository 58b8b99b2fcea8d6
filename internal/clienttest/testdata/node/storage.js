// Reads a link with @azure/storage-blob: storage.js LINK CUT_LINK FORGED_LINK.
// Connections of the second link are cut.
const { createHash } = require("node:crypto");
const { mkdtempSync, readFileSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { BlobClient } = require("@azure/storage-blob");

const once = { retryOptions: { maxTries: 1 } };
const [link, cutLink, forgedLink] = process.argv.slice(2);

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

async function read(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

// Returns the status and Azure's code of a refused call.
async function refusal(call) {
  try {
    await call();
    return "nothing";
  } catch (e) {
    return `${e.statusCode} ${e.details?.errorCode}`;
  }
}

// The SDK does not resume after a cut connection: it takes the cut for an abort by the user. So a
// program resumes at its offset, on condition that the blob did not change.
async function readOn(client, length) {
  const pieces = [];
  let offset = 0, conditions;
  for (let cuts = 0; offset < length && cuts < 5; cuts++) {
    const reply = await client.download(offset, undefined, { conditions });
    conditions = { ifMatch: reply.etag };
    try {
      for await (const piece of reply.readableStreamBody) {
        pieces.push(piece);
        offset += piece.length;
      }
    } catch {
      // cut: resume
    }
  }
  return Buffer.concat(pieces);
}

async function toFile(client) {
  const folder = mkdtempSync(join(tmpdir(), "muster-"));
  try {
    await client.downloadToFile(join(folder, "part"));
    return sha256(readFileSync(join(folder, "part")));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function main() {
  const client = new BlobClient(link, undefined, once);
  const forged = new BlobClient(forgedLink, undefined, once);
  const properties = await client.getProperties();
  const whole = await client.download();
  const tagged = (tag) => ({ conditions: tag });
  console.log(JSON.stringify({
    type: properties.blobType,
    contentType: properties.contentType,
    length: properties.contentLength,
    exists: await client.exists(),
    echoedRequestID: properties.clientRequestId === properties._response.request.requestId,
    stream: sha256(await read(whole.readableStreamBody)),
    blocks: sha256(await client.downloadToBuffer(0, undefined, { blockSize: 10000, concurrency: 5 })),
    file: await toFile(client),
    range: (await read((await client.download(100, 100, tagged({ ifMatch: properties.etag }))).readableStreamBody)).toString("hex"),
    resumed: sha256(await readOn(new BlobClient(cutLink), properties.contentLength)),
    notModified: parseInt(await refusal(() => client.download(0, undefined, tagged({ ifNoneMatch: properties.etag })))),
    refused: {
      signature: await refusal(() => forged.download()),
      "signature, by HEAD": await refusal(() => forged.getProperties()),
      range: await refusal(() => client.download(properties.contentLength + 1)),
      ETag: await refusal(() => client.download(0, undefined, tagged({ ifMatch: '"0x1"' }))),
      tags: await refusal(() => client.getTags()),
    },
  }));
}

main();
