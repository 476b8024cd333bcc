export {
  createTestServer,
  formatEvent,
  type TestConnection,
  type TestEvent,
  type TestRequest,
  type TestSender,
  type TestServer,
  type TestServerOptions,
} from "./testing/server.ts";
