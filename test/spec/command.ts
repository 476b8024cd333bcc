import process from "node:process";
import { main } from "./run.ts";

// A late error of a failed test must not end the run.
for (const event of ["uncaughtException", "unhandledRejection"]) process.on(event, () => {});

const output = await main(process.argv.slice(2));
// A class that keeps a connection open must not keep the process alive.
process.stdout.write(`${output}\n`, () => process.exit());
