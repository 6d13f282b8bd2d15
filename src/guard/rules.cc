#include "guard/rules.h"

namespace weir::guard {
namespace {

// Weir guards Linux machines: of rules about programs and files these apply.
constexpr const char* kProduct = "linux";

}  // namespace

Result<std::shared_ptr<const sigma::RuleBook>> rules_of(const std::vector<NamedText>& files,
                                                        match::DatabaseStore* kept) {
  if (files.empty()) return std::shared_ptr<const sigma::RuleBook>();
  sigma::RuleSet set;
  for (const auto& file : files)
    sigma::read_rules(set, file.text, file.name, {});
  sigma::link(set);
  return sigma::RuleBook::make(std::move(set), kProduct, kept);
}

bool is_of_rules(const event::Finding& finding, const sigma::RuleBook* rules) {
  if (rules == nullptr) return false;
  const std::size_t all = rules->set().rules.size() + rules->set().correlations.size();
  for (std::size_t i = 0; i < all; ++i)
    if (rules->finding(i).rule == finding.rule) return true;
  return finding.rule == "sigma.too-large";
}

Json rules_json(const sigma::RuleBook& rules) {
  constexpr std::size_t kNamedMax = 20;
  const sigma::RuleSet& set = rules.set();
  Json why = Json::array();
  for (const auto& problem : set.problems)
    if (problem.weight == sigma::Problem::Weight::error && why.as_array().size() < kNamedMax)
      why.push(problem.error.message());
  Json out = Json::object({{"count", static_cast<std::uint64_t>(set.rules.size())},
                           {"correlations", static_cast<std::uint64_t>(set.correlations.size())}});
  if (why.as_array().empty()) return out;
  out.set("left_out", static_cast<std::uint64_t>(set.errors()));
  out.set("why", std::move(why));
  return out;
}

}  // namespace weir::guard
