#include "cli/inspect_text.h"

#include <algorithm>
#include <optional>

#include "content.h"
#include "detect/injection.h"
#include "detect/secrets.h"
#include "event/decision.h"
#include "shell/sql.h"

namespace weir::cli {
namespace {

constexpr std::string_view kSecretRules = "rules/secrets/";
constexpr std::string_view kInjectionModel = "detect/injection.json";

Result<detect::InjectionDetector> built_in_injection_detector() {
  for (const auto& file : content_files()) {
    if (file.name != kInjectionModel) continue;
    TRY(auto model, detect::parse_injection_model(file.bytes, file.name));
    return detect::InjectionDetector::compile(std::move(model));
  }
  return fail(ErrorCode::internal, "the built-in model of injections is missing");
}

Json report_json(const detect::Report& report) {
  Json json = event::to_json(report.finding);
  if (!report.signals.empty()) {
    Json signals = Json::array();
    for (const auto& signal : report.signals)
      signals.push(Json::object({{"id", signal.id}, {"weight", signal.weight}}));
    json.set("signals", std::move(signals));
    json.set("score", report.score);
  }
  if (report.decoded) {
    const auto& place = *report.decoded;
    json.set("decoded", Json::object({{"encodings", place.encodings},
                                      {"span", Json::array({place.span.begin, place.span.end})},
                                      {"text", place.excerpt}}));
  }
  return json;
}

// A finding of these detectors asks or warns; it never refuses alone.
event::Verdict verdict_of(const std::vector<detect::Report>& reports) {
  event::Verdict verdict = event::Verdict::allow;
  for (const auto& report : reports)
    verdict = std::max(verdict, report.finding.severity >= event::Severity::medium ? event::Verdict::ask
                                                                                   : event::Verdict::warn);
  return verdict;
}

Json answer_of(event::Verdict verdict, Json findings, Json actions) {
  return Json::object({{"verdict", event::name(verdict)},
                       {"policies", Json::array()},
                       {"findings", std::move(findings)},
                       {"actions", std::move(actions)}});
}

Json answer_of(const std::vector<detect::Report>& reports) {
  Json findings = Json::array();
  for (const auto& report : reports)
    findings.push(report_json(report));
  return answer_of(verdict_of(reports), std::move(findings), Json::array());
}

std::string sql_message(const shell::SqlStatement& statement) {
  const std::string what =
      statement.operation + (statement.resource.empty() ? "" : " of " + statement.resource);
  if (!statement.shell.empty()) return "The client gives text to a shell";
  if (statement.unbounded) return what + " has no WHERE: it changes every row";
  return what + " cannot be undone";
}

// Statements become Actions by verb and table; what cannot be undone is a finding that asks.
Json inspect_sql(std::string_view text) {
  Json findings = Json::array();
  Json actions = Json::array();
  event::Verdict verdict = event::Verdict::allow;
  for (const auto& statement : shell::classify_sql(text)) {
    const event::Action action{.verb = std::string(statement.verb),
                               .resource_type = "Database",
                               .resource = statement.resource,
                               .certainty = event::Certainty::certain,
                               .attrs = Json::object({{"operation", statement.operation},
                                                      {"irreversible", statement.irreversible},
                                                      {"unbounded", statement.unbounded}})};
    actions.push(event::to_json(action));
    if (!statement.irreversible && !statement.unbounded && statement.shell.empty()) continue;
    verdict = event::Verdict::ask;
    const bool runs = !statement.shell.empty();
    findings.push(event::to_json(event::Finding{.rule = runs                  ? "sql-shell-escape"
                                                        : statement.unbounded ? "sql-unbounded-change"
                                                                              : "sql-irreversible",
                                                .evidence_class = runs ? "execution" : "destruction",
                                                .severity = event::Severity::high,
                                                .techniques = {runs ? "T1059" : "T1485"},
                                                .span = {0, static_cast<std::uint32_t>(text.size())},
                                                .message = sql_message(statement)}));
  }
  return answer_of(verdict, std::move(findings), std::move(actions));
}

}  // namespace

Result<detect::SecretRules> built_in_secret_rules() {
  detect::SecretRules rules;
  for (const auto& file : content_files()) {
    if (!file.name.starts_with(kSecretRules) || !file.name.ends_with(".toml")) continue;
    TRY(auto more, detect::parse_gitleaks(file.bytes, file.name));
    detect::join(rules, std::move(more));
  }
  return rules;
}

struct TextInspector::State {
  Kind kind = Kind::content;
  std::optional<detect::SecretDetector> secrets;
  std::optional<detect::InjectionDetector> injections;
  detect::SecretWorkspace secret_workspace;
  detect::InjectionWorkspace injection_workspace;

  Result<Json> windows_json(std::string_view text);
};

Result<Json> TextInspector::State::windows_json(std::string_view text) {
  TRY(const auto windows, injections->windows(text, injection_workspace));
  Json list = Json::array();
  for (const auto& window : windows) {
    Json signals = Json::array();
    for (const std::size_t i : window.signals)
      signals.push(injections->model().signals[i].id);
    list.push(Json::object({{"span", Json::array({window.span.begin, window.span.end})},
                            {"signals", std::move(signals)},
                            {"score", window.probability}}));
  }
  return list;
}

TextInspector::TextInspector(std::unique_ptr<State> state) : state_(std::move(state)) {}
TextInspector::TextInspector(TextInspector&&) noexcept = default;
TextInspector& TextInspector::operator=(TextInspector&&) noexcept = default;
TextInspector::~TextInspector() = default;

std::optional<TextInspector::Kind> TextInspector::kind_from(std::string_view name) {
  if (name == "content") return Kind::content;
  if (name == "secret") return Kind::secret;
  if (name == "sql") return Kind::sql;
  return std::nullopt;
}

Result<TextInspector> TextInspector::make(Kind kind) {
  auto state = std::make_unique<State>();
  state->kind = kind;
  if (kind == Kind::secret) {
    TRY(auto rules, built_in_secret_rules());
    TRY(state->secrets, detect::SecretDetector::compile(std::move(rules)));
    if (!state->secrets->problems().empty()) {
      Error error = state->secrets->problems().front().error;
      return fail(ErrorCode::internal, "a built-in rule is not valid: " + error.what,
                  state->secrets->problems().front().rule);
    }
  }
  if (kind == Kind::content) {
    TRY(state->injections, built_in_injection_detector());
  }
  return TextInspector(std::move(state));
}

Result<Json> TextInspector::inspect(std::string_view text, std::string_view path, bool windows) const {
  if (state_->kind == Kind::sql) return inspect_sql(text);
  if (state_->kind == Kind::secret) {
    TRY(const auto reports, state_->secrets->scan(text, state_->secret_workspace, path));
    return answer_of(reports);
  }
  TRY(const auto reports, state_->injections->scan(text, state_->injection_workspace));
  Json answer = answer_of(reports);
  if (windows) {
    TRY(Json list, state_->windows_json(text));
    answer.set("windows", std::move(list));
  }
  return answer;
}

Result<Json> TextInspector::row(const Json& row, bool windows) const {
  const Json* text = row.find("text");
  if (text == nullptr || !text->is_string()) return fail("a row needs \"text\"", "text");
  return inspect(text->as_string(), row["path"].text_or(""), windows);
}

}  // namespace weir::cli
