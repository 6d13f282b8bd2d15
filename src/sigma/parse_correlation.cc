// Correlation and filter documents.
#include <algorithm>

#include "base/bytes.h"
#include "base/time_text.h"
#include "sigma/correlation.h"
#include "sigma/document.h"

namespace weir::sigma {
namespace {

std::optional<CorrelationType> type_named(std::string_view wanted) {
  using Type = CorrelationType;
  for (const auto type : {Type::event_count, Type::value_count, Type::temporal, Type::temporal_ordered,
                          Type::value_sum, Type::value_avg, Type::value_percentile})
    if (name(type) == wanted) return type;
  return std::nullopt;
}

std::optional<Comparison::Op> op_named(std::string_view wanted) {
  using Op = Comparison::Op;
  static constexpr std::pair<std::string_view, Op> kOps[] = {
      {"gt", Op::gt}, {"gte", Op::gte}, {"lt", Op::lt}, {"lte", Op::lte}, {"eq", Op::eq}, {"neq", Op::neq}};
  for (const auto& [text, op] : kOps)
    if (text == wanted) return op;
  return std::nullopt;
}

std::optional<double> number_of(const Json& value) {
  if (value.is_number()) return value.as_double();
  // A number with a fraction comes from YAML as text.
  const auto json = value.is_string() ? parse_json(value.as_string()) : Result<Json>(Json());
  return json && json->is_number() ? std::optional(json->as_double()) : std::nullopt;
}

class Reader {
 public:
  explicit Reader(Document& document) : document_(document), section_(document.root()["correlation"]) {}

  Result<Correlation> read() {
    if (!section_.is_object())
      return wrong("", "the correlation is no map", "give it type, rules and timespan");
    Correlation out;
    const auto type = type_named(section_["type"].text_or(""));
    if (!type)
      return wrong("/type", "unknown type of correlation",
                   "use event_count, value_count, temporal, temporal_ordered, value_sum, value_avg or "
                   "value_percentile");
    out.type = *type;
    out.rules = document_.texts("/correlation/rules", section_["rules"]);
    if (out.rules.empty())
      return wrong("/rules", "the correlation names no rules", "name them by id or name");
    out.group_by = document_.texts("/correlation/group-by", section_["group-by"]);
    const auto timespan = duration_ns(section_["timespan"].text_or(""));
    if (!timespan || *timespan <= 0)
      return wrong("/timespan", "the timespan is not a number with s, m, h or d", "write it like 90m");
    out.timespan_ns = *timespan;
    // Also below the root: documents of both kinds are in use.
    out.generate = section_["generate"].bool_or(document_.root()["generate"].bool_or(false));
    TRY_STATUS(read_aliases(out));
    TRY_STATUS(read_condition(out));
    return out;
  }

 private:
  std::unexpected<Error> wrong(const std::string& below, std::string what, std::string hint) const {
    return std::unexpected(
        document_.placed({ErrorCode::invalid, std::move(what), {}, std::move(hint)}, "/correlation" + below));
  }

  Status read_aliases(Correlation& out) {
    const Json& aliases = section_["aliases"];
    if (aliases.is_null()) return {};
    if (!aliases.is_object()) return wrong("/aliases", "aliases are a map", "write alias: {rule: field}");
    for (const auto& [name, fields] : aliases.as_object()) {
      if (!fields.is_object())
        return wrong("/aliases/" + name, "an alias is a map of rules to fields",
                     "write alias: {rule: field}");
      Correlation::Alias alias{.name = name, .fields = {}};
      for (const auto& [rule, field] : fields.as_object()) {
        if (std::find(out.rules.begin(), out.rules.end(), rule) == out.rules.end())
          return wrong("/aliases/" + name,
                       "the alias names \"" + printable(rule, 60) + "\", no rule of this one",
                       "name a rule as the list of rules does");
        alias.fields.emplace_back(rule, field.text_or(""));
      }
      out.aliases.push_back(std::move(alias));
    }
    return {};
  }

  Status read_condition(Correlation& out) {
    const bool temporal =
        out.type == CorrelationType::temporal || out.type == CorrelationType::temporal_ordered;
    const Json& condition = section_["condition"];
    if (!condition.is_object() && !condition.is_null())
      return wrong("/condition", "the condition is no map", "write it like {gte: 10}");
    if (condition.is_object())
      for (const auto& [key, value] : condition.as_object())
        TRY_STATUS(read_criterion(out, key, value));
    if (out.condition.empty() && !temporal)
      return wrong("/condition", "the condition compares nothing", "add gt, gte, lt, lte, eq or neq");
    const bool needs_field = !temporal && out.type != CorrelationType::event_count;
    if (needs_field && out.fields.empty())
      return wrong("/condition", std::string(name(out.type)) + " needs the field to look at",
                   "add field: NAME to the condition");
    return {};
  }

  Status read_criterion(Correlation& out, const std::string& key, const Json& value) {
    const std::string below = "/condition/" + key;
    if (key == "field") {
      out.fields = document_.texts("/correlation" + below, value);
      return {};
    }
    const auto number = number_of(value);
    if (key == "percentile") {
      if (!number || *number < 0 || *number > 100)
        return wrong(below, "a percentile is a number from 0 to 100", "50 is the median");
      out.percentile = number;
      return {};
    }
    const auto op = op_named(key);
    if (!op) return wrong(below, "unknown criterion", "use gt, gte, lt, lte, eq, neq, field");
    if (!number) return wrong(below, "a criterion compares with a number", "write it like gte: 10");
    const bool counts = out.type == CorrelationType::event_count || out.type == CorrelationType::value_count;
    if (counts && *number >= static_cast<double>(kWindowEntriesMax))
      return wrong(below, "the count is larger than what is remembered of one group (65536)",
                   "use a smaller count and a shorter timespan");
    out.condition.push_back({*op, *number});
    return {};
  }

  Document& document_;
  const Json& section_;
};

}  // namespace

Result<Correlation> read_correlation(Document& document) {
  TRY(Meta meta, read_meta(document));
  TRY(Correlation out, Reader(document).read());
  out.meta = std::move(meta);
  return out;
}

Result<Filter> read_filter(Document& document, const ParseOptions& options) {
  Filter out;
  TRY(out.meta, read_meta(document));
  TRY(out.logsource, read_logsource(document));
  TRY(out.condition, read_detection(document, "/filter", options));
  out.rules = document.texts("/filter/rules", document.root()["filter"]["rules"]);
  if (out.rules == std::vector<std::string>{"any"}) out.rules.clear();
  return out;
}

}  // namespace weir::sigma
