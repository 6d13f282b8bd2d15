#include "daemon/narrowing.h"

#include <algorithm>
#include <functional>

#include "daemon/proofs.h"
#include "daemon/widening.h"
#include "prove/obligations.h"

namespace weir::daemon {
namespace {

constexpr int kQueryMs = 2000;
constexpr std::string_view kMend = "take the permit away, or have it put into the layer above";

Error widens(const guard::Obligation& obligation, const std::string& request) {
  return {ErrorCode::denied,
          "the " + std::string(guard::name(obligation.layer)) +
              " layer may only narrow, and this widens: " + request + ", which is refused without it",
          obligation.where, std::string(kMend)};
}

Error unproved(const guard::Obligation& obligation, const std::string& why) {
  return {ErrorCode::unavailable,
          "the " + std::string(guard::name(obligation.layer)) +
              " layer permits something, and that it widens nothing is not proved: " + why,
          obligation.where, "write forbids only, or have the permit put into the layer above"};
}

Error unproved_forbid(const std::string& where, const std::string& why) {
  return {ErrorCode::unavailable, "that this forbid never errs is not proved: " + why, where,
          "bound the numbers before calculating with them, or do without the calculation"};
}

// Puts questions, verbatim and kept for a certificate while those are answered.
class Questions {
 public:
  explicit Questions(bool certify) : certify_(certify) {}

  using Question = std::function<Result<prove::Ruling>(prove::Prover&)>;
  Result<prove::Ruling> ask(const Question& question) {
    TRY_STATUS(start());
    auto ruling = question(*prover_);
    if (!certify_ || (ruling && ruling->truth != prove::Truth::unknown)) return ruling;
    certify_ = false;
    prover_.reset();
    TRY_STATUS(start());
    return question(*prover_);
  }

  std::optional<prove::Certificate> certificate(const std::string& pack) const {
    if (!certify_ || !prover_) return std::nullopt;
    return prove::certify(*prover_, {{std::string(kPackInput), pack}});
  }

 private:
  Status start() {
    if (prover_) return {};
    TRY(prover_, prove::Prover::start({.solver = {.query_ms = kQueryMs}, .keep_obligations = certify_}));
    return {};
  }

  bool certify_;
  std::optional<prove::Prover> prover_;
};

Status check_narrows(const guard::Obligation& obligation, const cedar::Schema& schema, Questions& questions) {
  if (const auto widening = find_widening(obligation.above, obligation.with, schema))
    return std::unexpected(widens(obligation, widening->text()));
  const auto ruling = questions.ask([&](prove::Prover& prover) {
    return prove::narrows(obligation.above, obligation.with, schema, prover);
  });
  if (!ruling) return std::unexpected(unproved(obligation, ruling.error().message()));
  if (ruling->truth == prove::Truth::no) return std::unexpected(widens(obligation, ruling->text()));
  if (ruling->truth == prove::Truth::unknown) return std::unexpected(unproved(obligation, ruling->why));
  return {};
}

// Strict validation leaves two ways to err: overflow, and a text that an extension function cannot read.
bool may_err(const cedar::Expression& expression) {
  if (expression.constant) return false;
  switch (expression.op) {
    case cedar::Op::add:
    case cedar::Op::subtract:
    case cedar::Op::multiply:
    case cedar::Op::negate:
    case cedar::Op::call:
    case cedar::Op::get_tag:
      return true;
    default:
      return std::any_of(expression.args.begin(), expression.args.end(),
                         [](const cedar::Expression& one) { return may_err(one); });
  }
}

bool may_err(const cedar::Policy& policy) {
  if (policy.effect != cedar::Effect::forbid) return false;
  for (const auto& condition : policy.conditions)
    if (may_err(condition.body)) return true;
  return false;
}

Status check_forbids(const guard::Pack& pack, Questions& questions) {
  std::vector<cedar::Policy> suspects;
  for (const auto& policy : pack.policies().policies())
    if (may_err(policy)) suspects.push_back(policy);
  if (suspects.empty()) return {};
  TRY(const auto policies, cedar::PolicySet::make(std::move(suspects)));
  const std::string first = guard::where_of(policies.policies().front());
  const auto ruling = questions.ask(
      [&](prove::Prover& prover) { return prove::no_forbid_errs(policies, *pack.schema(), prover); });
  if (!ruling) return std::unexpected(unproved_forbid(first, ruling.error().message()));
  if (ruling->truth == prove::Truth::yes) return {};
  const cedar::Policy* policy = policies.find(ruling->policy);
  const std::string where = policy != nullptr ? guard::where_of(*policy) : ruling->policy;
  if (ruling->truth == prove::Truth::unknown) return std::unexpected(unproved_forbid(where, ruling->why));
  return fail(ErrorCode::denied, "this forbid can err, e.g. on " + ruling->text(), where,
              "bound the numbers before calculating with them");
}

}  // namespace

Result<std::optional<prove::Certificate>> check_pack(const guard::Pack& pack, bool certify) {
  if (pack.schema() == nullptr) return std::nullopt;
  Questions questions(certify);
  for (const auto& obligation : pack.obligations())
    TRY_STATUS(check_narrows(obligation, *pack.schema(), questions));
  TRY_STATUS(check_forbids(pack, questions));
  return questions.certificate(pack.policy_digest());
}

}  // namespace weir::daemon
