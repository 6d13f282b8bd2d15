// A directory of a test's own, gone with it, and with all that lies in it.
//
//   class ScanStateTest : public testing::Test {
//    protected:
//     const support::ThrowawayDir dir_;
//   };
//   … os::write_file_atomic(dir_ / "a.jsonl", text) … ScanState::load(dir_.path()) …
//
// Members are destroyed in reverse: whatever works in the directory is declared after it.
#pragma once

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace weir::support {

class ThrowawayDir {
 public:
  // The path is resolved and short: a Unix socket path has at most 107 bytes.
  explicit ThrowawayDir(const std::string& below = "/tmp", const std::string& name = "weir-test.") {
    std::string path = std::filesystem::canonical(below).string() + "/" + name + "XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) std::abort();
    path_ = path;
  }
  ~ThrowawayDir() {
    std::error_code failed;
    std::filesystem::remove_all(path_, failed);
    if (!failed) return;
    open_up(path_);
    std::filesystem::remove_all(path_, failed);
  }
  ThrowawayDir(const ThrowawayDir&) = delete;
  ThrowawayDir& operator=(const ThrowawayDir&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  // overlayfs leaves directories without any permission, and tests make some.
  static void open_up(const std::filesystem::path& dir) {
    std::error_code ignored;
    std::filesystem::permissions(dir, std::filesystem::perms::owner_all, std::filesystem::perm_options::add,
                                 ignored);
    for (const auto& entry : std::filesystem::directory_iterator(dir, ignored))
      if (!entry.is_symlink(ignored) && entry.is_directory(ignored)) open_up(entry.path());
  }

  std::string path_;
};

}  // namespace weir::support
