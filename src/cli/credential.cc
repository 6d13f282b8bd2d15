// `weir credential`: credentials that a person keeps with Weir, for pods that use them without having them.
#include <cstdlib>
#include <istream>
#include <ostream>

#include "base/bytes.h"
#include "base/time_text.h"
#include "cli/commands.h"
#include "cli/pod_choice.h"
#include "gateway/credential_store.h"
#include "gateway/gateway_limits.h"
#include "os/clock.h"
#include "os/files.h"
#include "os/process.h"
#include "pod/profile.h"

namespace weir::cli {
namespace {

std::int64_t now_ms() {
  return os::wall_ns() / 1'000'000;
}

gateway::CredentialStore credential_store(const Context& context) {
  return gateway::CredentialStore(context.places.state + "/credentials");
}

// Never an argument: other users' programs see those.
Result<os::SecretText> value_of(const Args& args, Context& context) {
  std::string text;
  if (const auto variable = args.value("--from-env")) {
    const char* const found = std::getenv(variable->c_str());
    if (found == nullptr)
      return fail(ErrorCode::not_found, "the variable is not set", printable(*variable, 100));
    text = found;
  } else if (const auto file = args.value("--from-file")) {
    TRY(text, os::read_file(*file, gateway::limits::kCredentialBytesMax + 2));
  } else {
    std::getline(context.in, text);
  }
  while (text.ends_with('\n') || text.ends_with('\r'))
    text.pop_back();
  os::SecretText value(text);
  os::wipe(text);
  if (value.empty())
    return fail("no value was given", {}, "on standard input, by --from-env VARIABLE or --from-file FILE");
  return value;
}

// What `weir credential add` says of where it belongs.
Result<gateway::CredentialScope> scope_of(const Args& args) {
  gateway::CredentialScope scope;
  for (const auto& text : args.values("--host")) {
    TRY(gateway::EgressRule rule, gateway::parse_allow_tls(text));
    scope.hosts.push_back(std::move(rule));
  }
  if (scope.hosts.empty()) return fail("a credential belongs to a host", {}, "--host HOST[:PORT]");
  for (const auto& path : args.values("--path")) {
    if (!path.starts_with('/'))
      return fail("a path begins with /", printable(path, 100), "for example /repos/*");
    scope.paths.push_back(path);
  }
  scope.methods = args.values("--method");
  for (const std::size_t size : {scope.hosts.size(), scope.paths.size(), scope.methods.size()})
    if (size > gateway::limits::kCredentialListMax)
      return fail(ErrorCode::limit, "more than 64 hosts, paths or methods of one credential");
  TRY(scope.place, gateway::parse_credential_place(args.value_or("--as", "usual")));
  return scope;
}

Result<gateway::StoredCredential> wanted(const Args& args, Context& context) {
  gateway::StoredCredential one;
  one.name = args.positional_or(0, "");
  TRY(one.scope, scope_of(args));
  one.variables = args.values("--variable");
  if (const auto file = args.value("--file")) {
    const auto equals = file->find('=');
    one.file = file->substr(0, equals);
    one.text = equals == std::string::npos ? "{}\n" : file->substr(equals + 1) + "\n";
    if (!one.text.contains("{}"))
      return fail("the text of a credential's file has no {} where it belongs", printable(one.file, 200));
  }
  if (one.variables.empty() && one.file.empty())
    return fail("nothing in the pod would stand for the credential", one.name,
                "--variable NAME or --file PATH=TEXT");
  one.added_ms = now_ms();
  if (const auto time = args.value("--expires")) {
    TRY(const std::uint64_t after, pod::parse_duration_ms(*time, "--expires"));
    one.expires_ms = one.added_ms + static_cast<std::int64_t>(after);
  }
  TRY(one.value, value_of(args, context));
  return one;
}

Json to_json(const gateway::StoredCredential& one) {
  std::vector<std::string> hosts;
  for (const auto& rule : one.scope.hosts)
    hosts.push_back(rule.text);
  return Json::object({{"name", one.name},
                       {"hosts", Json::strings(hosts)},
                       {"methods", Json::strings(one.scope.methods)},
                       {"paths", Json::strings(one.scope.paths)},
                       {"as", gateway::text_of(one.scope.place)},
                       {"variables", Json::strings(one.variables)},
                       {"file", one.file},
                       {"added_ms", one.added_ms},
                       {"expires_ms", one.expires_ms},
                       {"revoked_ms", one.revoked_ms}});
}

std::string state_of(const gateway::StoredCredential& one) {
  if (one.revoked_ms != 0) return "revoked";
  if (one.expires_ms == 0) return "kept";
  return (one.expires_ms <= now_ms() ? "expired " : "until ") +
         rfc3339(one.expires_ms * 1'000'000).substr(0, 16) + "Z";
}

// What happened goes into the ledger, when a daemon is there to write it.
void record(const char* what, const Json& facts, Context& context) {
  const std::string why = record_in_ledger(context, what, facts, "credential");
  if (!why.empty() && !context.quiet && !context.json) context.err << "weir: " << why << "\n";
}

int run_add(const Args& args, Context& context) {
  auto one = wanted(args, context);
  if (!one) return report(one.error(), context);
  if (const Status added = credential_store(context).add(*one); !added) return report(added.error(), context);
  record("added", to_json(*one), context);
  if (context.json)
    context.out << compact(to_json(*one)) << "\n";
  else if (!context.quiet)
    context.out << one->name << ": kept; weir pod exec --credential " << one->name << " -- CMD\n";
  return exit_code::kFine;
}

int run_list(const Args&, Context& context) {
  const auto list = credential_store(context).list();
  if (!list) return report(list.error(), context);
  if (list->empty() && !context.json && !context.quiet)
    context.err << "weir: no credentials are kept; `weir credential add NAME --host HOST` takes one in\n";
  for (const auto& one : *list) {
    if (context.json) {
      context.out << compact(to_json(one)) << "\n";
      continue;
    }
    context.out << one.name << "  " << state_of(one) << "  " << gateway::text_of(one.scope.place);
    for (const auto& rule : one.scope.hosts)
      context.out << "  " << printable(rule.text, 200);
    context.out << "\n";
  }
  return exit_code::kFine;
}

int run_revoke(const Args& args, Context& context) {
  const std::string name = args.positional_or(0, "");
  if (const Status done = credential_store(context).revoke(name, now_ms()); !done)
    return report(done.error(), context);
  record("revoked", Json::object({{"name", name}}), context);
  return exit_code::kFine;
}

int run_remove(const Args& args, Context& context) {
  const std::string name = args.positional_or(0, "");
  if (const Status done = credential_store(context).remove(name); !done) return report(done.error(), context);
  record("removed", Json::object({{"name", name}}), context);
  return exit_code::kFine;
}

}  // namespace

CommandSpec credential_add_command() {
  return {
      .name = "credential add",
      .summary = "Keep a credential that pods may use and never have",
      .description =
          "The value comes from standard input (its first line), a variable or a file, never from an "
          "argument. It is "
          "kept encrypted; a pod gets a placeholder, and requests to its hosts the value. "
          "docs/credentials.md",
      .options = {{"--host", "HOST[:PORT]", "to which it belongs; port 443 unless one is named", true},
                  {"--path", "PATTERN", "only for paths that match; * stands for any text", true},
                  {"--method", "METHOD", "only for this method", true},
                  {"--as", "PLACE",
                   "usual (default), bearer, basic, header:NAME, aws-sigv4[:REGION/SERVICE]"},
                  {"--variable", "NAME", "of the pod, that holds the placeholder; of AWS: ID, secret, token",
                   true},
                  {"--file", "PATH[=TEXT]", "of the pod, with {} where the placeholder belongs"},
                  {"--expires", "TIME", "not used any more after this: 8h, 30m"},
                  {"--from-env", "VARIABLE", "the value is this variable's"},
                  {"--from-file", "FILE", "the value is this file's"}},
      .positionals = {{"NAME", "letters, digits and ._-", true}},
      .examples =
          {{"weir credential add github --host api.github.com --variable GITHUB_TOKEN --expires 8h < token",
            "a token for one host, for a day's work"},
           {"weir credential add npm --host registry.npmjs.org --from-env NPM_TOKEN --file "
            "'~/.npmrc=//registry.npmjs.org/:_authToken={}'",
            "in a file"}},
      .run = run_add};
}

CommandSpec credential_list_command() {
  return {.name = "credential list",
          .summary = "Show the credentials that are kept, without values",
          .description = "One line each: name, state, place, hosts. With --json one object a line.",
          .examples = {{"weir credential list", "what pods may use"}},
          .run = run_list};
}

CommandSpec credential_revoke_command() {
  return {.name = "credential revoke",
          .summary = "Let no pod use a credential any more, running ones included",
          .description =
              "Its value is destroyed. Also for the name of one that a running pod has from a variable.",
          .positionals = {{"NAME", "of the credential", true}},
          .examples = {{"weir credential revoke github", "at once, also where a run is under way"}},
          .run = run_revoke};
}

CommandSpec credential_remove_command() {
  return {.name = "credential remove",
          .summary = "Forget a credential",
          .description = "As revoke, and its name is free again.",
          .positionals = {{"NAME", "of the credential", true}},
          .examples = {{"weir credential remove github", "nothing is left of it"}},
          .run = run_remove};
}

}  // namespace weir::cli
