#include "cli/sigma_input.h"

#include <fmt/format.h>

#include <ostream>

#include "base/bytes.h"
#include "base/limits.h"
#include "base/yaml.h"
#include "content.h"
#include "os/files.h"

namespace weir::cli {
namespace {

constexpr std::size_t kFilesMax = 50'000;
constexpr std::string_view kShipped = "rules/";

void keep(SigmaFiles& files, std::string path, std::string text) {
  auto& list = path.ends_with(sigma::kCasesSuffix) ? files.cases : files.rules;
  list.emplace_back(std::move(path), std::move(text));
}

Status read_path(SigmaFiles& files, const std::string& path) {
  const auto info = os::file_info(os::resolve_path(path));
  if (!info) return fail(ErrorCode::not_found, "there is no such file or directory", path, "name rule files");
  std::vector<std::string> found = {path};
  if (info->kind == os::FileInfo::Kind::dir) {
    found = os::find_files(path, ".yml", kFilesMax);
    const auto more = os::find_files(path, ".yaml", kFilesMax);
    found.insert(found.end(), more.begin(), more.end());
  }
  for (const std::string& file : found) {
    TRY(std::string text, os::read_file(file, limits::kSigmaFileBytesMax));
    keep(files, file, std::move(text));
  }
  return {};
}

Result<sigma::ParseOptions> parse_options(const Args& args) {
  sigma::ParseOptions options;
  const auto path = args.value("--placeholders");
  if (!path) return options;
  TRY(const std::string text, os::read_file(*path, limits::kSigmaFileBytesMax));
  TRY(const Json values, parse_yaml(text, *path));
  if (!values.is_object())
    return fail("placeholders are a map of names to values", *path, "write Administrators: ['adm_*']");
  for (const auto& [name, list] : values.as_object()) {
    auto& into = options.placeholders[name];
    const auto add = [&](const Json& value) {
      into.push_back(value.is_string() ? value.as_string() : compact(value));
    };
    if (!list.is_array())
      add(list);
    else
      for (const Json& value : list.as_array())
        add(value);
  }
  return options;
}

}  // namespace

std::vector<Option> sigma_options() {
  return {{"--placeholders", "FILE", "YAML map: what %name% stands for in values with the modifier expand"}};
}

Result<SigmaFiles> read_sigma_files(const std::vector<std::string>& paths) {
  SigmaFiles files;
  for (const std::string& path : paths)
    TRY_STATUS(read_path(files, path));
  if (paths.empty())
    for (const ContentFile& file : content_files())
      if (file.name.starts_with(kShipped) && file.name.ends_with(".yml"))
        keep(files, std::string(file.name), std::string(file.bytes));
  return files;
}

Result<sigma::RuleSet> load_sigma_rules(const SigmaFiles& files, const Args& args) {
  TRY(const sigma::ParseOptions options, parse_options(args));
  sigma::RuleSet set;
  for (const auto& [path, text] : files.rules)
    sigma::read_rules(set, text, path, options);
  sigma::link(set);
  return set;
}

Json problem_json(const sigma::Problem& problem) {
  Json out = Json::object({{"weight", problem.weight == sigma::Problem::Weight::error ? "error" : "warning"},
                           {"rule", problem.rule}});
  const Json error = error_json(problem.error);
  for (const auto& [key, value] : error.as_object())
    out.set(key, value);
  return out;
}

void report_sigma_problems(const sigma::RuleSet& set, Context& context, bool warnings) {
  for (const sigma::Problem& problem : set.problems) {
    const bool error = problem.weight == sigma::Problem::Weight::error;
    if (!error && !warnings) continue;
    context.err << (error ? context.style.red("error") : context.style.yellow("warning")) << ": "
                << printable(problem.error.message())
                << (problem.rule.empty() ? "" : " [" + printable(problem.rule) + "]") << "\n";
  }
  if (set.errors() > 0)
    context.err << fmt::format("weir: {} of {} documents cannot be used and are left out\n", set.errors(),
                               set.documents);
}

}  // namespace weir::cli
