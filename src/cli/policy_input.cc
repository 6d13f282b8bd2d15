#include "cli/policy_input.h"

#include <algorithm>
#include <charconv>

#include "base/hash.h"
#include "base/json.h"
#include "base/limits.h"
#include "content.h"
#include "guard/profile.h"
#include "os/files.h"

namespace weir::cli {
namespace {

constexpr int kSolverMs = 10'000;

bool is_directory(const std::string& path) {
  const auto info = os::file_info(path);
  return info && info->kind == os::FileInfo::Kind::dir;
}

// The files of a directory with an ending, by name; a file stands for itself.
Result<std::vector<std::string>> files_of(const std::string& path, std::string_view ending) {
  if (!is_directory(path)) return std::vector<std::string>{path};
  std::vector<std::string> out;
  for (const auto& entry : os::list_dir(path))
    if (entry.ends_with(ending)) out.push_back(path + "/" + entry);
  std::sort(out.begin(), out.end());
  if (out.empty())
    return fail(ErrorCode::not_found, "the directory has no file that ends in " + std::string(ending), path);
  return out;
}

// One digest of many texts: each stands behind its length, so that two lists have one digest only when they
// are equal.
class Texts {
 public:
  void add(std::string_view text) {
    all_ += std::to_string(text.size()) + "\n";
    all_ += text;
  }
  std::string digest() const { return digest_text(sha256(all_)); }

 private:
  std::string all_;
};

}  // namespace

Result<PolicyFiles> read_policy_files(const std::string& path) {
  TRY(const auto files, files_of(path, ".cedar"));
  std::vector<cedar::PolicySource> sources;
  Texts texts;
  for (const auto& file : files) {
    TRY(std::string text, os::read_file(file, limits::kCedarBytesMax));
    texts.add(text);
    sources.push_back({file, std::move(text)});
  }
  TRY(cedar::PolicySet policies, cedar::PolicySet::parse(sources));
  return PolicyFiles{std::move(policies), texts.digest()};
}

Result<SchemaFile> read_policy_schema(const Args& args) {
  if (const auto file = args.value("--schema")) {
    TRY(const std::string text, os::read_file(*file, limits::kCedarBytesMax));
    std::string digest = digest_text(sha256(text));
    if (file->ends_with(".json")) {
      TRY(const Json json, parse_json(text));
      TRY(cedar::Schema schema, cedar::Schema::from_json(json));
      return SchemaFile{std::move(schema), std::move(digest)};
    }
    TRY(cedar::Schema schema, cedar::Schema::parse(text, *file));
    return SchemaFile{std::move(schema), std::move(digest)};
  }
  for (const auto& file : content_files())
    if (file.name == "policies/weir.cedarschema") {
      TRY(cedar::Schema schema, cedar::Schema::parse(file.bytes, file.name));
      return SchemaFile{std::move(schema), digest_text(sha256(file.bytes))};
    }
  return fail(ErrorCode::internal, "the schema that ships is missing");
}

namespace {

// "profiles/standard/standard.cedarprop" is promised by standard and by what is stricter.
bool promises(std::string_view profile, std::string_view file) {
  if (!file.ends_with(".cedarprop")) return false;
  if (file.starts_with("properties/")) return true;
  if (profile.empty()) return false;
  for (const std::string_view name : guard::kProfiles)
    if (file.starts_with("profiles/" + std::string(name) + "/"))
      return guard::is_at_least_as_strict(profile, name);
  return false;
}

}  // namespace

Result<PropertyFiles> read_properties(const std::string& path, std::string_view profile) {
  PropertyFiles out;
  Texts texts;
  const auto add = [&](std::string_view text, std::string_view name) -> Status {
    TRY(auto properties, prove::parse_properties(text, name));
    texts.add(text);
    for (auto& property : properties) {
      for (const auto& other : out.properties)
        if (other.id == property.id)
          return fail(ErrorCode::exists, "two properties have one @id", property.id,
                      "give one of them another");
      out.properties.push_back(std::move(property));
    }
    return {};
  };
  if (path.empty()) {
    for (const auto& file : content_files())
      if (promises(profile, file.name)) TRY_STATUS(add(file.bytes, file.name));
  } else {
    TRY(const auto files, files_of(path, ".cedarprop"));
    for (const auto& file : files) {
      TRY(const std::string text, os::read_file(file, prove::limits::kPropertyBytesMax));
      TRY_STATUS(add(text, file));
    }
  }
  out.digest = texts.digest();
  return out;
}

std::vector<Option> solver_options() {
  return {{"--solver", "NAME", "the solver to ask: cvc5 (default) or a path to it"},
          {"--solver-ms", "MS", "time for one question in milliseconds, 1 to 3600000; default 10000"}};
}

Result<prove::SolverOptions> read_solver_options(const Args& args, std::string_view program) {
  prove::SolverOptions out{.program = args.value_or("--solver", program), .query_ms = kSolverMs};
  if (const auto text = args.value("--solver-ms")) {
    const auto read = std::from_chars(text->data(), text->data() + text->size(), out.query_ms);
    constexpr int kHourMs = 3'600'000;
    if (read.ec != std::errc() || read.ptr != text->data() + text->size() || out.query_ms < 1 ||
        out.query_ms > kHourMs)
      return fail("this is no number of milliseconds between 1 and 3600000", "--solver-ms " + *text);
  }
  return out;
}

}  // namespace weir::cli
