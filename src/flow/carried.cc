#include "flow/carried.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace weir::flow {
namespace {

constexpr std::array<std::string_view, 3> kUses = {"reads", "runs", "loads"};
constexpr std::size_t kShownMax = 200;  // bytes of a path or a session in a sentence

// Foreign runs before all else: these are what is asked about.
const CarriedFile& most_telling(const std::vector<CarriedFile>& files) {
  const auto weight = [](const CarriedFile& file) {
    return (file.use == CarriedFile::Use::runs ? 2 : 0) + (file.own ? 0 : 1);
  };
  return *std::max_element(files.begin(), files.end(),
                           [&](const auto& a, const auto& b) { return weight(a) < weight(b); });
}

std::string committed_by(const CarriedFile& file, std::size_t files) {
  std::string text =
      file.author.empty()
          ? "not known to be by the commit authors that you named: " + printable(file.doubt, kShownMax)
          : "committed by " + printable(file.author, kShownMax) + ", whom you have not named";
  text += '.';
  if (files > 1) text += " The call concerns " + std::to_string(files - 1) + " more such files.";
  return text;
}

}  // namespace

std::string_view name(CarriedFile::Use use) {
  return kUses[static_cast<std::size_t>(use)];
}

Json to_json(const std::vector<CarriedFile>& files) {
  Json list = Json::array();
  for (const auto& file : files) {
    Json one = Json::object({{"path", file.path}, {"use", name(file.use)}});
    if (!file.session.empty()) one.set("session", file.session);
    if (file.seq > 0) one.set("seq", file.seq);
    if (file.own) one.set("own", true);
    if (!file.author.empty()) one.set("author", file.author);
    if (!file.doubt.empty()) one.set("doubt", file.doubt);
    list.push(std::move(one));
  }
  return list;
}

std::vector<CarriedFile> carried_from_json(const Json& json) {
  std::vector<CarriedFile> files;
  if (!json.is_array()) return files;
  for (const auto& one : json.as_array()) {
    const auto use = std::find(kUses.begin(), kUses.end(), one["use"].text_or(""));
    if (use == kUses.end() || files.size() >= kCarriedMax) continue;
    files.push_back({std::string(one["path"].text_or("")), static_cast<CarriedFile::Use>(use - kUses.begin()),
                     std::string(one["session"].text_or("")),
                     static_cast<std::uint64_t>(std::max<std::int64_t>(0, one["seq"].int_or(0))),
                     one["own"].bool_or(false), std::string(one["author"].text_or("")),
                     std::string(one["doubt"].text_or(""))});
  }
  return files;
}

bool runs_carried(const std::vector<CarriedFile>& files) {
  return std::any_of(files.begin(), files.end(),
                     [](const auto& file) { return file.use == CarriedFile::Use::runs && !file.own; });
}

std::string sentence_of(const std::vector<CarriedFile>& files) {
  if (files.empty()) return {};
  const CarriedFile& file = most_telling(files);
  std::string text = "\"" + printable(file.path, kShownMax) + "\" was ";
  if (file.committed()) {
    text += committed_by(file, files.size());
    return text;
  }
  text += "written in ";
  if (file.seq > 0) text += "step " + std::to_string(file.seq) + " of ";
  if (file.own)
    text += "this session";
  else if (file.session.empty())
    text += "an earlier session";
  else
    text += "session " + printable(file.session, kShownMax);
  text += ", after that session had read text from outside.";
  if (files.size() > 1) text += " So were " + std::to_string(files.size() - 1) + " more.";
  return text;
}

}  // namespace weir::flow
