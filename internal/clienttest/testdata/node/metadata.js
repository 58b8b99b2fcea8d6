// Reads the service's metadata with an OData parser, and compares it with the rows of calls:
// metadata.js HOST TOKEN CALL...
const { parse } = require("@sap-ux/edmx-parser");

const [host, token, ...calls] = process.argv.slice(2);

async function get(path) {
  const reply = await fetch(host + path, { headers: { Authorization: `Bearer ${token}` } });
  if (!reply.ok) throw new Error(`${path}: ${reply.status}`);
  return reply;
}

// Reports whether a JSON value fits an OData type.
function fits(value, type) {
  if (type.startsWith("Collection(")) return Array.isArray(value) && value.every((v) => fits(v, type.slice(11, -1)));
  switch (typeof value) {
    case "boolean": return type === "Edm.Boolean";
    case "string": return type === "Edm.String" || type === "Edm.DateTimeOffset";
    case "number": return type === "Edm.Double" || type === "Edm.Decimal" || (Number.isInteger(value) && /^Edm\.Int(32|64)$/.test(type));
    default: return value === null;
  }
}

// Lists the properties that only the row or only its type has, and values of another type.
function differences(row, properties) {
  const types = new Map(properties.map((p) => [p.name, p.type]));
  const wrong = Object.keys(row).filter((key) => !types.has(key) || !fits(row[key], types.get(key)));
  return wrong.concat([...types.keys()].filter((name) => !(name in row)));
}

async function main() {
  const { schema } = parse(await (await get("/api/$metadata")).text());
  const told = {};
  for (const call of calls) {
    const page = await (await get("/api/machines/" + call)).json();
    const [, name] = /\$metadata#Collection\((?:\w+\.)*(\w+)\)$/.exec(page["@odata.context"]);
    // The parser ignores base types: the base of DeltaX is X.
    const properties = schema.complexTypes.filter((t) => t.name === name || "Delta" + t.name === name).flatMap((t) => t.properties);
    const wrong = page.value.flatMap((row) => differences(row, properties));
    told[call.split("?")[0]] = `${page.value.length} rows, ${[...new Set(wrong)].join(" ") || "as described"}`;
  }
  console.log(JSON.stringify(told));
}

main();
