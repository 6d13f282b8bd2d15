// `weir flow vouch` as a script calls it: which exit code means what.
#include <gmock/gmock.h>

#include "cli/cli.h"
#include "cli/command_line.h"
#include "cli/stand_in_daemon.h"

namespace weir::cli {
namespace {

using ::testing::HasSubstr;
using testing::StandInDaemon;

Ran vouch(std::vector<std::string> paths) {
  std::vector<std::string> argv = {"flow", "vouch", "--pin", "2468"};
  argv.insert(argv.end(), paths.begin(), paths.end());
  return run_weir(argv);
}

class FlowVouch : public testing::HomeTest {};

TEST_F(FlowVouch, FilesWithoutALabelOfTheirOwnAreFindings) {
  StandInDaemon daemon([](const Json& request) {
    const auto path = request["path"].text_or("");
    if (path.ends_with("plain")) return StandInDaemon::error("not_found", "this file carries no label");
    if (path.ends_with("below"))
      return StandInDaemon::error("exists", "a directory above it carries the label as a whole");
    return Json::object({{"ok", true}, {"labels", 1}});
  });
  EXPECT_EQ(vouch({"/w/plain"}).code, exit_code::kFindings);
  EXPECT_EQ(vouch({"/w/below"}).code, exit_code::kFindings);
  const Ran mixed = vouch({"/w/plain", "/w/labelled"});
  EXPECT_EQ(mixed.code, exit_code::kFindings) << "the other file is done all the same";
  EXPECT_THAT(mixed.out, HasSubstr("/w/labelled carries no label any more"));
  EXPECT_EQ(vouch({"/w/labelled"}).code, exit_code::kFine);
}

TEST_F(FlowVouch, WhatConcernsThePinIsSaidOnce) {
  StandInDaemon daemon([](const Json&) { return StandInDaemon::error("invalid", "no approval PIN is set"); });
  const Ran unset = vouch({"/w/a", "/w/b"});
  EXPECT_EQ(unset.code, exit_code::kUsage);
  EXPECT_EQ(unset.err, "weir: no approval PIN is set\n");
  EXPECT_EQ(daemon.requests().size(), 1u);
}

TEST_F(FlowVouch, PathsThatCannotBeNamedAreRefusedBeforeAnythingIsAsked) {
  StandInDaemon daemon([](const Json&) { return Json::object({{"ok", true}, {"labels", 1}}); });
  const Ran empty = vouch({""});
  EXPECT_EQ(empty.code, exit_code::kUsage);
  EXPECT_THAT(empty.err, HasSubstr("the path is empty"));
  const Ran bytes = vouch({"/w/good", "/w/bad\xff"});
  EXPECT_EQ(bytes.code, exit_code::kUsage);
  EXPECT_THAT(bytes.err, HasSubstr("not UTF-8"));
  EXPECT_EQ(daemon.requests().size(), 0u);
}

}  // namespace
}  // namespace weir::cli
