#include "arena/world.h"

#include <algorithm>
#include <filesystem>

#include "base/limits.h"
#include "os/files.h"
#include "os/process.h"

namespace weir::arena {
namespace {

Status write_files(const std::map<std::string, std::string>& files, const std::string& directory) {
  TRY_STATUS(os::make_dirs(directory, 0700));
  for (const auto& [name, content] : files) {
    const std::string path = directory + "/" + name;
    TRY_STATUS(os::make_dirs(path.substr(0, path.rfind('/')), 0700));
    TRY_STATUS(os::write_file_atomic(path, content, 0644, os::Durability::none));
  }
  return {};
}

// For a POSIX shell, between single quotes.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text)
    c == '\'' ? out += "'\\''" : out += c;
  return out + "'";
}

}  // namespace

Result<World> World::build(const Scenario& scenario, const std::string& directory) {
  World world(directory);
  TRY_STATUS(write_files(scenario.project, world.project()));
  TRY_STATUS(write_files(scenario.home, world.home()));
  TRY_STATUS(os::make_dirs(directory + "/bin", 0700));
  TRY_STATUS(os::make_dirs(directory + "/marks", 0700));
  for (const std::string& name : scenario.uses)
    TRY_STATUS(world.add_program(name));
  for (const StandIn& stand_in : scenario.stand_ins)
    TRY_STATUS(world.add_stand_in(stand_in));
  world.environment_ = scenario.environment;
  world.environment_["PATH"] = directory + "/bin";
  world.environment_["HOME"] = world.home();
  world.environment_["LANG"] = "C.UTF-8";
  return world;
}

Status World::add_program(const std::string& name) {
  const auto program = os::find_program(name);
  if (!program)
    return fail(ErrorCode::not_found, "this machine has no program " + name, "PATH", "install it");
  std::error_code error;
  std::filesystem::create_symlink(*program, directory_ + "/bin/" + name, error);
  if (error) return fail(ErrorCode::internal, "cannot link a program: " + error.message(), directory_);
  return {};
}

Status World::add_stand_in(const StandIn& stand_in) {
  const std::string print =
      stand_in.prints.empty() ? "" : "printf '%s\\n' " + in_quotes(stand_in.prints) + "\n";
  const std::string script =
      "#!/bin/sh\nprintf '%s\\n' started >> " + in_quotes(marks(stand_in.name)) + "\n" + print;
  return os::write_file_atomic(directory_ + "/bin/" + stand_in.name, script, 0755, os::Durability::none);
}

std::string World::resolve(const std::string& path) const {
  return path.starts_with("~/") ? home() + path.substr(1) : project() + "/" + path;
}

Mark World::mark(const Effect& effect) const {
  if (effect.ran.empty()) return {};
  const auto text = os::read_file(marks(effect.ran), limits::kMiB);
  return {text ? static_cast<std::size_t>(std::count(text->begin(), text->end(), '\n')) : 0};
}

bool World::happened(const Effect& effect, const Mark& before, std::string_view received) const {
  if (!effect.ran.empty()) return mark(effect).starts > before.starts;
  if (!effect.received.empty()) return received.find(effect.received) != std::string_view::npos;
  const std::string path = resolve(effect.file);
  if (effect.gone) return !os::exists(path);
  const auto text = os::read_file(path, limits::kMiB);
  return text && text->find(effect.contains) != std::string::npos;
}

}  // namespace weir::arena
