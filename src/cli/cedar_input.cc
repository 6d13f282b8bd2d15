#include "cli/cedar_input.h"

#include <fmt/format.h>

#include <istream>
#include <iterator>

#include "base/limits.h"
#include "cedar/entity_json.h"
#include "cedar/est_policy_set.h"
#include "cedar/template.h"
#include "os/files.h"

namespace weir::cli {
namespace {

// Puts the file before the place of an error.
template <class T>
Result<T> in_file(const std::string& file, Result<T> result) {
  if (result) return result;
  std::string& where = result.error().where;
  where = where.empty() ? input_name(file) : fmt::format("{}: {}", input_name(file), where);
  return result;
}

Result<Json> read_json(const std::string& file, Context& context, const JsonLimits& limits = {}) {
  TRY(const std::string text, read_input(file, context));
  return in_file(file, parse_json(text, limits));
}

// "cedar" or "json"; `option` names the option for the message.
Result<bool> is_json(const Args& args, const char* option) {
  const std::string format = args.value_or(option, "cedar");
  if (format == "cedar" || format == "json") return format == "json";
  return fail(fmt::format("unknown format {}", format), option, "give cedar or json");
}

Result<std::vector<cedar::TemplateLink>> read_links(const std::string& file, Context& context,
                                                    bool may_be_missing) {
  if (may_be_missing && !os::exists(file)) return std::vector<cedar::TemplateLink>{};
  TRY(const std::string text, read_input(file, context));
  if (text.empty()) return std::vector<cedar::TemplateLink>{};
  TRY(const Json json, in_file(file, parse_json(text)));
  return in_file(file, cedar::read_links_json(json));
}

}  // namespace

std::vector<Option> policy_options() {
  return {{"-p,--policies", "FILE", "policies; default: standard input"},
          {"--policy-format", "FORMAT", "cedar (default) or json"},
          {"-k,--template-linked", "FILE", "links of templates, as `weir cedar link` writes them"}};
}
std::vector<Option> schema_options() {
  return {{"-s,--schema", "FILE", "schema"}, {"--schema-format", "FORMAT", "cedar (default) or json"}};
}
std::vector<Option> entity_options() {
  return {{"--entities", "FILE", "entities as JSON"}};
}
std::vector<Option> request_options() {
  return {{"-l,--principal", "UID", "the principal, such as User::\"alice\""},
          {"-a,--action", "UID", "the action, such as Action::\"view\""},
          {"-r,--resource", "UID", "the resource"},
          {"-c,--context", "FILE", "the context as JSON; default: {}"},
          {"--request-json", "FILE", "all of it: {principal, action, resource, context}"}};
}

std::vector<Option> joined(std::initializer_list<std::vector<Option>> groups) {
  std::vector<Option> out;
  for (const auto& group : groups)
    out.insert(out.end(), group.begin(), group.end());
  return out;
}

std::string input_name(const std::string& file) {
  return file.empty() || file == "-" ? "standard input" : file;
}

Result<std::string> read_input(const std::string& file, Context& context) {
  if (!file.empty() && file != "-") {
    auto text = os::read_file(file, limits::kJsonBytesMax);
    // Exit 1 would say that Cedar denied.
    if (!text && text.error().code == ErrorCode::denied) text.error().code = ErrorCode::invalid;
    return text;
  }
  std::string text;
  char block[64 * 1024];
  while (context.in.read(block, sizeof block) || context.in.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(context.in.gcount()));
    if (text.size() > limits::kJsonBytesMax)
      return fail(ErrorCode::limit, fmt::format("longer than {} bytes", limits::kJsonBytesMax),
                  input_name(file), "split the input");
  }
  return text;
}

Result<cedar::PolicySet> read_policies(const Args& args, Context& context, bool links_may_be_missing) {
  const std::string file = args.value_or("--policies", "");
  TRY(const bool json, is_json(args, "--policy-format"));
  cedar::PolicySet policies;
  if (json) {
    TRY(const Json document, read_json(file, context, cedar::kEstJsonLimits));
    TRY(policies, in_file(file, cedar::read_policy_set_json(document, file)));
  } else {
    TRY(const std::string text, read_input(file, context));
    TRY(policies, cedar::PolicySet::parse(text, input_name(file)));
  }
  if (!args.has("--template-linked")) return policies;
  const std::string links_file = args.value_or("--template-linked", "");
  TRY(const auto links, read_links(links_file, context, links_may_be_missing));
  return in_file(links_file, cedar::link(policies, links));
}

Result<std::optional<cedar::Schema>> read_schema(const Args& args, Context& context) {
  const auto file = args.value("--schema");
  if (!file) return std::nullopt;
  TRY(const bool json, is_json(args, "--schema-format"));
  if (json) {
    TRY(const Json document, read_json(*file, context));
    TRY(cedar::Schema schema, in_file(*file, cedar::Schema::from_json(document)));
    return schema;
  }
  TRY(const std::string text, read_input(*file, context));
  TRY(cedar::Schema schema, cedar::Schema::parse(text, *file));
  return schema;
}

Result<cedar::Entities> read_entities(const Args& args, Context& context, const cedar::Schema* schema) {
  const auto file = args.value("--entities");
  Json document = Json::array();
  if (file) {
    TRY(document, read_json(*file, context));
  }
  return in_file(file.value_or(""), cedar::read_entities(document, schema));
}

Result<std::optional<cedar::Request>> read_request(const Args& args, Context& context,
                                                   const cedar::Schema* schema) {
  const auto file = args.value("--request-json");
  if (file) {
    for (const char* option : {"--principal", "--action", "--resource", "--context"})
      if (args.has(option))
        return fail(fmt::format("{} cannot stand beside --request-json", option), {}, "give one of them");
    TRY(const Json document, read_json(*file, context));
    TRY(cedar::Request request, in_file(*file, cedar::read_request(document, schema)));
    return request;
  }
  Json document = Json(Json::Object{});
  std::size_t given = 0;
  for (const char* variable : {"principal", "action", "resource"}) {
    const auto uid = args.value(std::string("--") + variable);
    given += uid ? 1 : 0;
    if (uid) document.set(variable, *uid);
  }
  const auto context_file = args.value("--context");
  if (given == 0 && !context_file) return std::nullopt;
  if (given != 3) return fail("a request needs --principal, --action and --resource", {}, "give all three");
  if (context_file) {
    TRY(Json json, read_json(*context_file, context));
    document.set("context", std::move(json));
  }
  TRY(cedar::Request request, cedar::read_request(document, schema));
  return request;
}

}  // namespace weir::cli
