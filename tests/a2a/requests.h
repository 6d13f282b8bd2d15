// Requests to agents, for the tests of this room.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "a2a/operation.h"

namespace weir::a2a::testing_requests {

// What a request is made of; `ask` reads it.
struct Given {
  std::string method = "POST";
  std::string target = "/rpc";
  std::string body;
  std::string version;  // of the header; "" for none
  Endpoint endpoint{Binding::json_rpc, "/rpc"};
  std::vector<std::pair<std::string, std::string>> more;
};

inline std::expected<Operation, Problem> ask(const Given& given) {
  std::vector<http::Field> fields = {{"Host", "agent.example"}};
  if (!given.body.empty()) fields.push_back({"Content-Type", "application/json"});
  if (!given.version.empty()) fields.push_back({"A2A-Version", given.version});
  for (const auto& [name, value] : given.more)
    fields.push_back({name, value});
  return read_operation({given.method, given.target, fields, given.body}, given.endpoint);
}

inline Given rpc(const std::string& version, const std::string& method, const std::string& params) {
  return {.body = R"({"jsonrpc":"2.0","id":1,"method":")" + method + R"(","params":)" + params + "}",
          .version = version};
}

inline Given rest(const std::string& version, const std::string& method, const std::string& target,
                  const std::string& body = "") {
  return {.method = method,
          .target = "/a2a" + target,
          .body = body,
          .version = version,
          .endpoint = {Binding::rest, "/a2a"}};
}

}  // namespace weir::a2a::testing_requests
