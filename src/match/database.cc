#include "match/database.h"

#include <hs/hs.h>

#include <algorithm>
#include <climits>
#include <cstdlib>

#include "base/hash.h"
#include "base/json.h"
#include "base/limits.h"
#include "match/expression.h"

namespace weir::match {
namespace {

unsigned flags_of(const Pattern& pattern) {
  unsigned flags = 0;
  if (pattern.ignore_case) flags |= HS_FLAG_CASELESS;
  if (pattern.dot_all) flags |= HS_FLAG_DOTALL;
  if (pattern.multi_line) flags |= HS_FLAG_MULTILINE;
  if (pattern.once) flags |= HS_FLAG_SINGLEMATCH;
  if (pattern.somewhere) flags |= HS_FLAG_PREFILTER;
  return flags | HS_FLAG_ALLOWEMPTY;
}

// A literal as an expression: every byte that could be special is written as \xNN.
std::string escaped(std::string_view literal) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : literal) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9')) {
      out += c;
    } else {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

// What hs_compile_multi wants: parallel arrays.
struct Input {
  std::vector<std::string> texts;
  std::vector<unsigned> flags;
  std::vector<unsigned> ids;  // index into the patterns given

  void erase(std::size_t at) {
    const auto place = static_cast<std::ptrdiff_t>(at);
    texts.erase(texts.begin() + place);
    flags.erase(flags.begin() + place);
    ids.erase(ids.begin() + place);
  }
};

constexpr std::size_t kShownMax = 80;
constexpr std::string_view kWhatIsTaken = "patterns are PCRE without back references and look-around";

Error rejected_because(const std::string& why, const Pattern& pattern) {
  return {ErrorCode::invalid, "the pattern cannot be compiled: " + why, pattern.text.substr(0, kShownMax),
          std::string(kWhatIsTaken)};
}

// Those that the engine can hold one by one; the rest goes to `rejected`.
Input accepted(std::span<const Pattern> patterns, std::vector<Database::Rejected>& rejected) {
  Input input;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    const Pattern& pattern = patterns[i];
    std::string text = pattern.literal ? escaped(pattern.text) : pattern.text;
    if (pattern.text.size() > limits::kPatternBytesMax) {
      rejected.push_back({i, rejected_because("it is longer than a pattern may be", pattern)});
    } else if (pattern.text.empty() || text.find('\0') != std::string::npos) {
      rejected.push_back({i, rejected_because("it is empty or holds a zero byte", pattern)});
    } else {
      input.texts.push_back(std::move(text));
      input.flags.push_back(flags_of(pattern));
      input.ids.push_back(static_cast<unsigned>(i));
    }
  }
  return input;
}

// What a store keeps: a line of JSON, {"rejected": [[pattern, why], ...]}, and the database. Nothing when it
// is no such text, or one of other patterns.
std::optional<Database::Compiled> kept_before(std::string_view bytes, std::span<const Pattern> patterns) {
  const std::size_t line = bytes.find('\n');
  if (line == std::string_view::npos) return std::nullopt;
  const auto head = parse_json(bytes.substr(0, line));
  const std::string body(bytes.substr(line + 1));  // a copy is aligned, which the engine wants
  auto database = Database::deserialize(body);
  if (!head || !(*head)["rejected"].is_array() || !database || database->empty()) return std::nullopt;
  Database::Compiled compiled{.database = *std::move(database), .rejected = {}};
  for (const Json& one : (*head)["rejected"].as_array()) {
    if (!one.is_array() || one.as_array().size() != 2) return std::nullopt;
    const std::int64_t pattern = one.as_array()[0].int_or(-1);
    if (pattern < 0 || pattern >= static_cast<std::int64_t>(patterns.size())) return std::nullopt;
    const auto at = static_cast<std::size_t>(pattern);
    compiled.rejected.push_back(
        {at, Error{ErrorCode::invalid, std::string(one.as_array()[1].text_or("")),
                   patterns[at].text.substr(0, kShownMax), std::string(kWhatIsTaken)}});
  }
  return compiled;
}

Result<std::string> to_keep(const Database::Compiled& compiled) {
  TRY(const std::string bytes, compiled.database.serialize());
  Json rejected = Json::array();
  for (const auto& one : compiled.rejected)
    rejected.push(Json::array({static_cast<std::uint64_t>(one.pattern), one.error.what}));
  return compact(Json::object({{"rejected", std::move(rejected)}})) + "\n" + bytes;
}

// All that decides what a database of these patterns is.
std::string name_of(std::span<const Pattern> patterns) {
  std::string text = "patterns 2\n" + Database::platform() + "\n";
  for (const Pattern& pattern : patterns)
    text += std::to_string(flags_of(pattern)) + (pattern.literal ? " literal " : " ") +
            std::to_string(pattern.text.size()) + " " + pattern.text + "\n";
  return digest_text(sha256(text)).substr(7);  // without "sha256:"
}

struct Freed {
  void operator()(hs_database_t* database) const { hs_free_database(database); }
};
using Owned = std::unique_ptr<hs_database_t, Freed>;

// Compiles all; what the engine names as bad is moved to `rejected` and the rest tried again.
Result<Owned> compile_all(Input& input, std::span<const Pattern> patterns,
                          std::vector<Database::Rejected>& rejected) {
  while (!input.texts.empty()) {
    std::vector<const char*> texts;
    texts.reserve(input.texts.size());
    for (const auto& text : input.texts)
      texts.push_back(text.c_str());
    hs_database_t* database = nullptr;
    hs_compile_error_t* error = nullptr;
    const auto status =
        hs_compile_multi(texts.data(), input.flags.data(), input.ids.data(),
                         static_cast<unsigned>(texts.size()), HS_MODE_BLOCK, nullptr, &database, &error);
    if (status == HS_SUCCESS) return Owned(database);
    const std::string why = error != nullptr ? error->message : "the engine gives no reason";
    const int at = error != nullptr ? error->expression : -1;
    hs_free_compile_error(error);
    if (at < 0 || static_cast<std::size_t>(at) >= texts.size())
      return fail(ErrorCode::limit, "the patterns cannot be compiled together: " + why, {},
                  "use fewer or simpler patterns");
    const auto index = static_cast<std::size_t>(at);
    rejected.push_back({input.ids[index], rejected_because(why, patterns[input.ids[index]])});
    input.erase(index);
  }
  return Owned();
}

}  // namespace

std::optional<std::size_t> longest_match(const Pattern& pattern) {
  if (pattern.literal) return pattern.text.size();
  if (const auto tree = parse_expression(pattern.text)) return longest_text(*tree);
  hs_expr_info_t* found = nullptr;
  hs_compile_error_t* error = nullptr;
  const auto status = hs_expression_info(pattern.text.c_str(), flags_of(pattern), &found, &error);
  hs_free_compile_error(error);
  const std::unique_ptr<hs_expr_info_t, void (*)(void*)> info(found, std::free);
  if (status != HS_SUCCESS || info == nullptr || info->max_width == UINT_MAX) return std::nullopt;
  return info->max_width;
}

struct Database::State {
  hs_database_t* database = nullptr;
  std::size_t bytes = 0;

  explicit State(Owned owned) : database(owned.release()) { (void)hs_database_size(database, &bytes); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { hs_free_database(database); }
};

struct Scratch::State {
  hs_scratch_t* scratch = nullptr;
  std::vector<std::weak_ptr<const void>> served;  // databases that it is large enough for

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { hs_free_scratch(scratch); }
};

Scratch::Scratch() : state_(std::make_unique<State>()) {}
Scratch::Scratch(Scratch&&) noexcept = default;
Scratch& Scratch::operator=(Scratch&&) noexcept = default;
Scratch::~Scratch() = default;

Database::Database() = default;

Result<Database::Compiled> Database::compile(std::span<const Pattern> patterns, DatabaseStore* kept) {
  if (patterns.size() > limits::kPatternsMax)
    return fail(ErrorCode::limit, "there are more patterns than a database may hold", {}, "split them");
  Compiled compiled;
  const std::string name = kept != nullptr ? name_of(patterns) : std::string();
  if (kept != nullptr)
    if (auto before = kept_before(kept->get(name), patterns)) return *std::move(before);
  Input input = accepted(patterns, compiled.rejected);
  TRY(Owned owned, compile_all(input, patterns, compiled.rejected));
  if (owned) compiled.database.state_ = std::make_shared<const State>(std::move(owned));
  if (kept != nullptr && !compiled.database.empty())
    if (const auto bytes = to_keep(compiled)) kept->put(name, *bytes);
  return compiled;
}

Status Database::scan(std::string_view bytes, Scratch& scratch, const Report& report) const {
  if (state_ == nullptr) return {};
  if (bytes.size() > limits::kMatchBlockBytesMax)
    return fail(ErrorCode::limit, "the text is larger than one scan may be", {}, "scan it in parts");
  auto& served = scratch.state_->served;
  const auto is_this = [&](const auto& other) {
    return !other.owner_before(state_) && !state_.owner_before(other);
  };
  if (std::none_of(served.begin(), served.end(), is_this)) {
    if (hs_alloc_scratch(state_->database, &scratch.state_->scratch) != HS_SUCCESS)
      return fail(ErrorCode::unavailable, "no memory for a scan");
    constexpr std::size_t kRememberedMax = 64;
    if (served.size() >= kRememberedMax) served.erase(served.begin());
    served.emplace_back(state_);
  }
  const auto on_match = [](unsigned id, unsigned long long, unsigned long long end, unsigned,
                           void* context) -> int {
    return (*static_cast<const Report*>(context))(id, static_cast<std::size_t>(end)) ? 0 : 1;
  };
  const auto status = hs_scan(state_->database, bytes.data(), static_cast<unsigned>(bytes.size()), 0,
                              scratch.state_->scratch, on_match, const_cast<Report*>(&report));
  if (status == HS_SUCCESS || status == HS_SCAN_TERMINATED) return {};
  return fail(ErrorCode::internal, "the pattern engine failed with code " + std::to_string(status));
}

// The engine's own serialisation behind a digest: a cut or damaged file must not reach the engine.
Result<std::string> Database::serialize() const {
  if (state_ == nullptr) return std::string();
  char* bytes = nullptr;
  std::size_t length = 0;
  if (hs_serialize_database(state_->database, &bytes, &length) != HS_SUCCESS)
    return fail(ErrorCode::internal, "the pattern database cannot be written");
  std::string text(bytes, length);
  std::free(bytes);
  const auto digest = sha256(text);
  return std::string(reinterpret_cast<const char*>(digest.data()), digest.size()) + text;
}

Result<Database> Database::deserialize(std::string_view bytes) {
  Database out;
  if (bytes.empty()) return out;
  constexpr std::size_t kDigestBytes = 32;
  if (bytes.size() <= kDigestBytes || bytes.size() > limits::kDatabaseBytesMax)
    return fail(ErrorCode::corrupt, "this is no pattern database");
  const std::string_view body = bytes.substr(kDigestBytes);
  const auto digest = sha256(body);
  if (bytes.substr(0, kDigestBytes) !=
      std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()))
    return fail(ErrorCode::corrupt, "the pattern database is damaged");
  hs_database_t* database = nullptr;
  if (hs_deserialize_database(body.data(), body.size(), &database) != HS_SUCCESS)
    return fail(ErrorCode::corrupt, "the pattern database was made for another processor or version");
  out.state_ = std::make_shared<const State>(Owned(database));
  return out;
}

std::string Database::platform() {
  hs_platform_info_t info{};
  (void)hs_populate_platform(&info);
  return std::string(hs_version()) + " " + std::to_string(info.tune) + " " +
         std::to_string(info.cpu_features);
}

std::size_t Database::bytes() const {
  return state_ == nullptr ? 0 : state_->bytes;
}

}  // namespace weir::match
