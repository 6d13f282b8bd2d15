// `weir pod learn`: runs a command in pods until nothing more is missing, and proposes a profile of what it
// looked for.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <ostream>
#include <set>

#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/pod_choice.h"
#include "cli/pod_egress.h"
#include "cli/pod_prepare.h"
#include "cli/secret_paths.h"
#include "os/files.h"
#include "pod/learn.h"
#include "pod/pod_launch.h"

namespace weir::cli {
namespace {

constexpr int kRounds = 6;
constexpr int kRoundsMax = 50;

// What was found out.
struct Learned {
  std::vector<std::string> show;         // as the profile says it: "~/sdk"
  std::vector<std::string> only_looked;  // of them: nothing in it was opened
  std::vector<std::string> withheld;
  std::vector<std::string> hosts;  // asked for and not allowed: "pypi.org:443"
  int rounds = 0;
  bool settled = false;  // the last round missed nothing more
  pod::PodResult last;
};

std::string in_home(const std::string& path, const std::string& home) {
  return path.starts_with(home + "/") ? "~" + path.substr(home.size()) : path;
}

// A scalar of YAML that is read back as it was.
std::string yaml(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

bool is_plain(const std::string& text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c >= ' ' && c < 0x7f; });
}

std::string proposal(const Learned& learned, const std::string& name, const std::string& profile,
                     const std::string& command) {
  std::string out = "# By `weir pod learn` of: " + printable(command, 200) + "\n# weir pod exec --profile " +
                    profile + "," + name + " -- ...\nname: " + name +
                    "\nread_only:" + (learned.show.empty() ? " []\n" : "\n");
  for (const auto& path : learned.show) {
    const bool looked = std::ranges::find(learned.only_looked, path) != learned.only_looked.end();
    out += (is_plain(path) ? "  - " + yaml(path)
                           : "  # not shown, its name is not plain: " + printable(path, 300)) +
           (looked ? "  # nothing in it was opened\n" : "\n");
  }
  if (!learned.hosts.empty())
    out += "# It asked for these, which were refused; what you trust it with goes below `allow:`.\n";
  for (const auto& host : learned.hosts)
    out += "# allow: [" + yaml(printable(host, 300)) + "]\n";
  for (const auto& path : learned.withheld)
    out += "# It looked for " + printable(path, 300) +
           ", which holds keys or passwords and is never proposed (see weir credential).\n";
  return out;
}

class Lessons {
 public:
  Lessons(const Args& args, Context& context, const PodFinds& find)
      : args_(args),
        context_(context),
        find_(find),
        secrets_(context.places.home),
        learner_({.home = context.places.home,
                  .keep_out = {context.places.state, context.places.runtime, context.places.config},
                  .is_secret = [this](const std::string& path) { return secrets_.contains(path); }}) {}

  Result<Learned> take(int rounds) {
    for (learned_.rounds = 1;; ++learned_.rounds) {
      learner_.begin_round();
      TRY_STATUS(run());
      const std::size_t before = show_.size();
      for (auto& path : learner_.missing())
        if (std::ranges::find(show_, path) == show_.end()) show_.push_back(std::move(path));
      if (!context_.quiet)
        context_.err << "weir: round " << learned_.rounds << ": exit " << learned_.last.exit.code << ", "
                     << show_.size() - before << " more to show\n";
      learned_.settled = show_.size() == before;
      if (learned_.settled || learned_.rounds >= rounds) break;
    }
    std::ranges::sort(show_);
    for (const auto& path : show_) {
      learned_.show.push_back(in_home(path, context_.places.home));
      if (!learner_.opened(path)) learned_.only_looked.push_back(learned_.show.back());
    }
    for (const auto& path : learner_.withheld())
      learned_.withheld.push_back(in_home(path, context_.places.home));
    learned_.hosts.assign(hosts_.begin(), hosts_.end());
    return std::move(learned_);
  }
  const std::string& profile() const { return profile_; }

 private:
  // One run in a fresh pod, whose changes are dropped.
  Status run() {
    TRY(ReadyPod ready,
        prepare_pod(args_, context_, args_.rest(), find_, {}, {.show = show_, .watch = pod::Watch::lookups}));
    profile_ = ready.stored.profile;
    if (learned_.rounds == 1) tell_before(args_, ready, context_);
    PodEgress egress(ready);
    pod::PodOptions options;
    egress.attach(options);
    options.supervise.on_lookup = [this](const pod::LookUp& lookup) { learner_.look(lookup); };
    // The proposal is what is printed; what the command prints goes where a person sees it.
    context_.out << std::flush;
    const os::Fd out(::dup(STDOUT_FILENO));
    (void)::dup2(STDERR_FILENO, STDOUT_FILENO);
    auto done = pod::launch_pod(ready.plan, options);
    (void)::dup2(out.get(), STDOUT_FILENO);
    const auto record = egress.finish();
    ready.lock = {};
    TRY_STATUS(pod_store(context_).remove(ready.stored));
    if (!done) return std::unexpected(done.error());
    learned_.last = *std::move(done);
    if (record)
      for (const auto& refused : record->refused)
        hosts_.insert(refused.host + (refused.port > 0 ? ":" + std::to_string(refused.port) : ""));
    return {};
  }

  const Args& args_;
  Context& context_;
  const PodFinds& find_;
  SecretPaths secrets_;
  pod::Learner learner_;
  std::vector<std::string> show_;
  std::set<std::string> hosts_;
  std::string profile_;
  Learned learned_;
};

Json to_json(const Learned& learned, const std::string& name, const std::string& file) {
  return Json::object({{"name", name},
                       {"file", file},
                       {"rounds", learned.rounds},
                       {"settled", learned.settled},
                       {"exit", learned.last.exit.code},
                       {"read_only", Json::strings(learned.show)},
                       {"only_looked", Json::strings(learned.only_looked)},
                       {"withheld", Json::strings(learned.withheld)},
                       {"hosts", Json::strings(learned.hosts)}});
}

Result<int> rounds_of(const Args& args) {
  const std::string text = args.value_or("--rounds", std::to_string(kRounds));
  int rounds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rounds);
  if (error != std::errc() || end != text.data() + text.size() || rounds < 1 || rounds > kRoundsMax)
    return fail("--rounds takes a number from 1 to 50", printable(text, 60));
  return rounds;
}

// Where --write puts it; "" without. Nothing that is there is written over.
Result<std::string> file_of(const Args& args, const Context& context, const std::string& name) {
  const bool plain = !name.empty() && name.size() <= 60 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (!plain) return fail("not the name of a profile", printable(name, 60), "letters, digits, - _");
  if (!args.has("--write")) return std::string();
  std::string file = context.places.config + "/pods/" + name + ".yaml";
  if (os::exists(file))
    return fail(ErrorCode::exists, "this profile is there already", file,
                "choose another --name, or remove it");
  return file;
}

Result<int> learn(const Args& args, Context& context, const PodFinds& find) {
  if (args.rest().empty()) return fail("no command was given", {}, "weir pod learn -- make");
  const std::string name = args.value_or("--name", "learned");
  TRY(const int rounds, rounds_of(args));
  TRY(const std::string file, file_of(args, context, name));
  Lessons lessons(args, context, find);
  TRY(const Learned learned, lessons.take(rounds));
  std::string command;
  for (const auto& word : args.rest())
    command += (command.empty() ? "" : " ") + word;
  const std::string text = proposal(learned, name, lessons.profile(), command);
  if (!file.empty()) {
    TRY_STATUS(os::make_dirs(context.places.config + "/pods", 0700));
    TRY_STATUS(os::write_file_atomic(file, text));
  }
  if (context.json)
    context.out << compact(to_json(learned, name, file)) << "\n";
  else if (file.empty())
    context.out << text;
  else
    context.out << "wrote " << printable(file, 500) << "\n";
  if (!learned.settled && !context.quiet)
    context.err << "weir: the last round still missed something; --rounds " << rounds * 2 << " goes on\n";
  return learned.settled && learned.last.exit.code == 0 ? 0 : 1;
}

}  // namespace

CommandSpec pod_learn_command(PodFinds find) {
  std::vector<Option> options = {
      {"--name", "NAME", "of the profile that is proposed; default: learned"},
      {"--write", "", "write it to <config>/pods/NAME.yaml in place of printing it"},
      {"--rounds", "N", "run the command at most so often; default: 6"}};
  constexpr std::string_view kNotHere[] = {"--publish",   "--direct", "--held",       "--from",
                                           "--supervise", "--bind",   "--follow-data"};
  for (auto& option : pod_options())
    if (std::ranges::find(kNotHere, option.name) == std::end(kNotHere)) options.push_back(std::move(option));
  return {
      .name = "pod learn",
      .summary = "Run a command in pods and propose a profile of what it looked for",
      .description =
          "Runs the command in a fresh pod, sees which files and programs of the host it looked for and the "
          "pod did not show, shows them read-only in the next pod, and so on until nothing more is missing. "
          "Then prints a profile. What the runs change is dropped, but the command runs several times: it "
          "should be one that may. Files of keys and passwords are never shown, hosts are told and refused "
          "unless --allow names them. Exit 1 when the command failed in the last round, or still missed "
          "something.",
      .options = std::move(options),
      .positionals = {},
      .takes_rest = true,
      .examples = {{"weir pod learn --name build -- make", "what `make` needs, as a profile"},
                   {"weir pod learn --name build --write -- make",
                    "and kept: weir pod exec --profile "
                    "auto,build -- make"},
                   {"weir pod learn --allow pypi.org --json -- ./setup.sh", "with a way out, for a script"}},
      .run = [find = std::move(find)](const Args& args, Context& context) {
        const auto code = learn(args, context, find);
        return code ? *code : report(code.error(), context);
      }};
}

}  // namespace weir::cli
