#include "pod/program_places.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/bytes.h"
#include "os/fd.h"
#include "os/files.h"
#include "pod/program.h"

namespace weir::pod {
namespace {

constexpr std::size_t kFirstLineMax = 256;  // what the kernel reads of a script (BINPRM_BUF_SIZE)
constexpr int kInterpretersMax = 4;

// The words behind "#!"; none for anything else.
std::vector<std::string> interpreter_line(const std::string& path) {
  const os::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  char bytes[kFirstLineMax];
  const ssize_t n = fd ? ::read(fd.get(), bytes, sizeof bytes) : 0;
  std::string_view line(bytes, n > 0 ? static_cast<std::size_t>(n) : 0);
  if (!line.starts_with("#!")) return {};
  line = line.substr(2, line.find('\n') - 2);
  std::vector<std::string> words;
  for (const auto word : split(line, ' '))
    if (!trim(word).empty()) words.emplace_back(trim(word));
  return words;
}

std::string base_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// The program that reads the script; "" where none is named. `env` may have options before it.
std::string interpreter_of(const std::string& script) {
  const auto words = interpreter_line(script);
  if (words.empty() || base_of(words[0]) != "env") return words.empty() ? std::string() : words[0];
  const auto named = std::find_if(words.begin() + 1, words.end(), [](const std::string& word) {
    return !word.starts_with('-') && !word.contains('=');
  });
  return named == words.end() ? words[0] : *named;
}

std::string what_it_loads_from(const std::string& real) {
  constexpr std::string_view kModules = "/node_modules/";
  const auto at = real.find(kModules);
  return at == std::string::npos ? real : real.substr(0, at + kModules.size() - 1);
}

}  // namespace

Result<ProgramPlaces> program_places(const std::string& name, const std::map<std::string, std::string>& env,
                                     const std::string& cwd, const std::string& bin) {
  ProgramPlaces places;
  std::string next = name;
  for (int i = 0; i < kInterpretersMax && !next.empty(); ++i) {
    auto found = find_program(next, env, cwd);
    // A missing interpreter is told by exec itself, in the words of whoever starts a script.
    if (!found && i > 0) break;
    if (!found) return std::unexpected(std::move(found.error()));
    const std::string real = os::resolve_path(*found);
    // An interpreter that is itself a script is a version manager's, which finds the real one by files that a
    // pod does not have. The pod's own PATH may know another.
    if (i > 0 && !interpreter_line(real).empty()) break;
    if (const std::string shown = what_it_loads_from(real);
        std::find(places.read_only.begin(), places.read_only.end(), shown) == places.read_only.end())
      places.read_only.push_back(shown);
    places.links.push_back({bin + "/" + base_of(*found), real});
    next = interpreter_of(real);
  }
  return places;
}

}  // namespace weir::pod
