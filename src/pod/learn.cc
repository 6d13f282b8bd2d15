#include "pod/learn.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "pod/mountinfo.h"

namespace weir::pod {
namespace {

namespace fs = std::filesystem;

// Made for each pod; never a host's.
constexpr std::array<std::string_view, 5> kOfThePod = {"/proc", "/sys", "/dev", "/run", "/tmp"};
// Directories that hold things of many programs: what is proposed lies below them. The longest that fits.
constexpr std::array<std::string_view, 8> kSharedInHome = {
    ".config", ".cache", ".local", ".local/share", ".local/state", ".local/lib", ".local/bin", "go/pkg"};
constexpr std::array<std::string_view, 10> kShared = {"/opt", "/srv",     "/usr", "/usr/local", "/var",
                                                      "/etc", "/var/lib", "/mnt", "/home",      "/media"};

// "/a/b" of "/a/b/c/d" below "/a".
std::string child_of(const std::string& above, const std::string& path) {
  const auto from = above.size() + (above == "/" ? 0 : 1);
  return path.substr(0, std::min(path.find('/', from), path.size()));
}

}  // namespace

bool Learner::is_out_of_bounds(const std::string& path) const {
  const auto within = [&](std::string_view above) { return is_within(path, above); };
  return !path.starts_with('/') || path.find("/../") != std::string::npos || path.ends_with("/..") ||
         (std::ranges::any_of(kOfThePod, within) && !is_within(path, setup_.home)) ||
         std::ranges::any_of(setup_.keep_out, within);
}

void Learner::look(const LookUp& lookup) {
  std::string path = fs::path(lookup.path).lexically_normal();
  while (path.size() > 1 && path.ends_with('/'))
    path.pop_back();
  if (is_out_of_bounds(path)) return;
  if (lookup.there) {
    if (lookup.opens && !lookup.is_directory && opened_.size() < kSearchedMax) opened_.insert(path);
    return;
  }
  if (seen_.size() >= kSearchedMax || !seen_.insert(path).second) return;
  // Its directory is there: of a link what it leads to is missing.
  std::error_code error;
  const bool link = !lookup.leads_to.empty() && fs::is_symlink(path, error);
  const std::string target = link ? fs::canonical(path, error).string() : path;
  if (!error && !is_out_of_bounds(target)) miss(target);
}

void Learner::miss(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error) || ::access(path.c_str(), R_OK) != 0) return;
  if (setup_.is_secret(path)) {
    if (withheld_.size() < kLearnedMax) withheld_.insert(path);
    return;
  }
  const std::string place = place_of(path);
  if (!place.empty() && missing_.size() < kLearnedMax) missing_.insert(place);
}

// "" when there is no such place: a directory of many, or one that must be searched further down than the
// path goes.
std::string Learner::place_of(const std::string& path) const {
  std::string shared = "/";
  for (const auto above : kShared)
    if (is_within(path, above) && above.size() > shared.size()) shared = above;
  if (is_within(path, setup_.home)) {
    shared = setup_.home;
    for (const auto above : kSharedInHome)
      if (const std::string whole = setup_.home + "/" + std::string(above);
          is_within(path, whole) && whole.size() > shared.size())
        shared = whole;
  }
  // Of /etc each file by itself.
  if (shared == "/etc") return path == shared ? std::string() : path;
  while (shared != path) {
    shared = child_of(shared, path);
    std::error_code error;
    if (!fs::is_directory(shared, error) || !holds_secrets(shared)) return shared;
  }
  return {};
}

bool Learner::holds_secrets(const std::string& directory) const {
  if (const auto known = searched_.find(directory); known != searched_.end()) return known->second;
  bool found = false;
  std::error_code error;
  std::size_t left = kSearchedMax;
  fs::recursive_directory_iterator at(directory, fs::directory_options::skip_permission_denied, error);
  for (; !error && at != fs::recursive_directory_iterator() && !found; at.increment(error)) {
    const std::string path = at->path();
    // Too many to look at: something further down is proposed.
    found = left-- == 0 || setup_.is_secret(path) ||
            std::ranges::any_of(setup_.keep_out, [&](const auto& own) { return is_within(own, path); });
  }
  return searched_[directory] = found;
}

std::vector<std::string> Learner::missing() const {
  std::vector<std::string> places;
  for (const auto& place : missing_)
    if (places.empty() || !is_within(place, places.back())) places.push_back(place);
  return places;
}

bool Learner::opened(const std::string& shown) const {
  return std::ranges::any_of(opened_, [&](const auto& path) { return is_within(path, shown); });
}

void Learner::begin_round() {
  seen_.clear();
  missing_.clear();
  opened_.clear();
}

}  // namespace weir::pod
