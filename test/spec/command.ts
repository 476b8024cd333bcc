import process from "node:process";
import { main } from "./run.ts";

// What a failed test leaves behind must not end the run.
for (const event of ["uncaughtException", "unhandledRejection"]) process.on(event, () => {});

const output = await main(process.argv.slice(2));
// A class that leaves something open must not keep the process.
process.stdout.write(`${output}\n`, () => process.exit());
