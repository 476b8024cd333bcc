export { followPage, type Followable, type FollowPageOptions } from "./adapters/lifecycle.ts";
