import { afterAll, aroundEach } from "vitest";
import { cleanUpAfter, cleanUpFile } from "../helpers/clean-up.ts";

// Browsers and servers take a while to end on a busy machine.
const LIMIT = 120_000;

aroundEach(cleanUpAfter, LIMIT);
afterAll(cleanUpFile, LIMIT);
