#include "sigma/evidence.h"

#include <algorithm>
#include <array>

#include "sigma/plain.h"
#include "sigma/program.h"

namespace weir::sigma {
namespace {

// How much a field tells a person: the text of a command most, what nearly every event has least.
int rank_of(std::string_view field) {
  static constexpr std::array<std::string_view, 9> kTelling = {
      "command", "CommandLine", "file_path", "TargetFilename", "url", "text", "output", "content", "c-uri"};
  static constexpr std::array<std::string_view, 5> kCommon = {"tool", "Image", "agent", "session", "User"};
  if (std::find(kTelling.begin(), kTelling.end(), field) != kTelling.end()) return 2;
  return std::find(kCommon.begin(), kCommon.end(), field) != kCommon.end() ? 0 : 1;
}

// The longest piece of text that must be there; the whole when there are only wildcards.
Evidence place_of(const Glob& glob, const Field& field) {
  Evidence out{field.name, 0, field.text.size()};
  const Piece* longest = nullptr;
  for (const Piece& piece : glob.pieces)
    if (piece.kind == Piece::Kind::text && (longest == nullptr || piece.text.size() > longest->text.size()))
      longest = &piece;
  if (longest == nullptr || glob.plain()) return out;
  const bool ends = glob.pieces.back() == *longest && field.text.size() >= longest->text.size();
  const std::size_t at =
      ends ? field.text.size() - longest->text.size() : find_text(field.text, longest->text, 0, glob.cased);
  if (at == std::string_view::npos) return out;
  out.begin = at;
  out.end = at + longest->text.size();
  return out;
}

std::optional<Evidence> place_of(const Test& test, const Field& field) {
  if (const auto* glob = std::get_if<Glob>(&test.check)) return place_of(*glob, field);
  if (const auto* expression = std::get_if<Expression>(&test.check))
    if (const auto found = expression->regex.find(field.text))
      return Evidence{field.name, found->begin, found->end};
  return Evidence{field.name, 0, field.text.size()};
}

std::optional<Evidence> of_test(const Test& test, Record record) {
  const bool of_values =
      !std::holds_alternative<Exists>(test.check) && !std::holds_alternative<IsNull>(test.check);
  if (!of_values || std::holds_alternative<SameAs>(test.check)) return std::nullopt;
  for (const Field& field : record) {
    const bool about = test.field.empty() ? field.kind != Field::Kind::object : field.name == test.field;
    if (about && holds(test, field)) return place_of(test, field);
  }
  return std::nullopt;
}

bool tells_more(const Evidence& a, const Evidence& b) {
  return rank_of(a.field) > rank_of(b.field);
}

}  // namespace

std::optional<Evidence> evidence_of(const Expr& condition, Record record) {
  if (condition.kind == Expr::Kind::test) return of_test(*condition.test, record);
  if (condition.kind == Expr::Kind::negation) return std::nullopt;
  std::optional<Evidence> best;
  for (const Expr& part : condition.parts) {
    if (condition.kind == Expr::Kind::any && !holds_plainly(part, record)) continue;
    const auto found = evidence_of(part, record);
    if (found && (!best || tells_more(*found, *best))) best = found;
  }
  return best;
}

}  // namespace weir::sigma
