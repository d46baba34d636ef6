// Parses LogQL with Grafana's own grammar: queries as a JSON array on standard input, those with errors on
// standard output.
import { readFileSync } from "node:fs";
import { parser } from "@grafana/lezer-logql";

const isWrong = (query) => {
  let wrong = false;
  parser.parse(query).iterate({ enter: (node) => { wrong ||= node.type.isError; } });
  return wrong;
};
const queries = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(queries.filter(isWrong)));
