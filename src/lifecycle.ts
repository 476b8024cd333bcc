export { followPage, type Followable, type FollowPageOptions } from "./adapters/follow-page.ts";
