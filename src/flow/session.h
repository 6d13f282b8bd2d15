// What one session tree has asked for and read, and where the values of its next call come from.
//
//   Session session(words);
//   session.describe(tools);                        // what an MCP server lists; may be unknown
//   session.prompt(3, "Send the notes to Ann");
//   session.result(7, {"read_page", input, output});
//   const Assessment now = session.assess("send_mail", input);
//   now.values[0] → {field "to", value "eve@evil.example", origin untrusted_text, endorsed false, from {7}}
//
// The rules, which policies build on (docs/flow.md gives the reasons):
// * Free text that a tool returns is untrusted, unless it is known to come from the user's own workspace.
//   Reading any makes the session untrusted for good.
// * A value is endorsed when the user typed it; when it is a structured value (an id, a member of a list) of
//   something the user named or whose kind the user asked for; when the user sent the agent on an errand to
//   the very text it stands in; or when a page that the user named holds exactly one value of its shape.
// * Everything else that gives a call power is not: least of all what stands in free text alone.
// * A sub-agent that read something untrusted and has returned nothing but a narrow answer (narrow.h) has not
//   brought it to the main agent: calls of the main agent are judged without it, but for those that use the
//   answer as a value.
// Finding less than there is only takes endorsement away; finding more than can be looked at does so too.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "flow/arguments.h"
#include "flow/carried.h"
#include "flow/corpus.h"
#include "flow/label.h"
#include "flow/leaves.h"
#include "flow/owners.h"
#include "flow/plan.h"
#include "flow/planner.h"
#include "flow/secrets.h"
#include "flow/shape.h"
#include "flow/shingles.h"
#include "flow/tenants.h"
#include "flow/tool_book.h"
#include "flow/visibility.h"
#include "flow/words.h"

namespace weir::flow {

// Where a value was seen, the most telling place first.
enum class Origin : std::uint8_t {
  user,            // in what the user typed
  errand,          // in a text that the user asked to act upon
  listed,          // a value of its own in a tool's structured result
  workspace_text,  // in free text of the user's own workspace
  named_text,      // in free text of something that the user named
  untrusted_text,  // in free text
  own              // nowhere: the model's own
};
std::string_view name(Origin origin);

// A value that was put together out of a text.
struct Copied {
  std::size_t bytes = 0;  // in pieces
  // Of the value: whole words of the longest piece; none when begin is end.
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct ValueOrigin {
  std::string field;  // at most 64 bytes of its name
  Role role = Role::authority;
  std::string value;  // as compared, at most 128 bytes of it
  Origin origin = Origin::own;
  bool endorsed = false;
  std::vector<std::uint64_t> from;  // events that held it, ascending, at most 8
  std::optional<Copied> copied;     // of a value that no text holds whole
};

// Whose words ask for what the call does.
enum class Asked : std::uint8_t { no, by_errand, by_user };

struct Assessment {
  Label label;           // of the session before the call, as its agent can have seen it
  bool watched = false;  // the values of the call were looked at
  std::string effect;
  bool changes = true;
  bool makes_new = false;
  Asked asked = Asked::no;
  bool planned = false;             // it is asked for because a planner says so, and for that alone
  std::vector<ValueOrigin> values;  // of fields that give power; the unendorsed first
  bool carries_link = false;        // what is said holds an address out of untrusted text
  bool complete = true;             // false: there was more than could be looked at
  // What was typed of it, and the words that ask for it, stand in prompts that the launcher knows to be the
  // user's; nothing typed: true.
  bool attested = true;
  // Of an agent's own tools: kinds of what the call would reach that only untrusted text names, sorted.
  std::vector<std::string> from_untrusted;
  std::string_view sink = "none";  // where what it says goes: "none" "yours" "unlisted" "public"
  std::int64_t secret_bytes = 0;   // of one confidential value, sent anywhere by this call and earlier ones
  std::vector<std::uint64_t> secret_from;     // where that was read
  std::string kind;                           // what the tool keeps or works on (kSourceKinds); "": not known
  std::optional<Tenants::Crossing> crossing;  // it takes what is one tenant's to another
  std::vector<CarriedFile> carried;           // files with a label of their own that the call reads or runs
  std::vector<NarrowReturn> narrow;           // that made `label` better than that of the whole tree
  std::string sentence;                       // for a person; empty when all is endorsed

  bool all_endorsed() const;
  // The user typed every value that gives the call its power.
  bool all_typed() const;
};

struct ToolResult {
  std::string_view tool;
  const Json& input;
  std::string_view output;
  bool failed = false;
  Integrity text = Integrity::untrusted;  // how far its free text can be trusted, if nothing better is known
  bool carried = false;         // a label that was kept says so: nothing known of the tool is better
  bool found = false;           // the answer of a search: its addresses are there to be read
  std::string_view owner = {};  // id of the sub-agent that called the tool; "": the main agent
};

// What a call of an agent's own tools would reach.
struct Reach {
  enum class Kind : std::uint8_t { host, url, package, repository, path, command };
  Kind kind = Kind::host;
  std::string value;   // as the Action names it; a path is absolute
  bool reads = false;  // only fetches what is there
};
std::string_view name(Reach::Kind kind);

class Session {
 public:
  // `products`: what is known of real tools (flow/products.h); nullptr: nothing.
  explicit Session(std::shared_ptr<const Words> words, std::shared_ptr<const Products> products = nullptr);

  // Tools by their descriptions; a tool of the same name is replaced.
  void describe(const std::vector<ToolDescription>& tools) { tools_.describe(tools); }
  const ToolMeaning& meaning(std::string_view tool) { return tools_.meaning(tool); }

  // `seq` is the number of the event in the session tree.
  // `attested`: not only the agent's side says that the user typed it.
  // False when there were too many bytes of prompts: this one endorses nothing.
  bool prompt(std::uint64_t seq, std::string_view text, bool attested = false);
  // What a planner made of a prompt that was given before; `attested` as that prompt was.
  void planned(const Planned& planned, bool attested);
  // Somebody else spoke in the user's place: free text from outside.
  void overhear(std::uint64_t seq, std::string_view text);
  void result(std::uint64_t seq, const ToolResult& result);

  // Something else than a result came in to `owner`: a file that carries a label.
  void join(const Label& label, std::string_view owner = {});

  // A sub-agent's whole answer is `narrow` and says `answer`, and nothing else of it reaches the main agent
  // any more. False when the tree read nothing untrusted: then its result is a result like any other.
  bool narrow(NarrowReturn narrow, std::string_view answer);
  // The sub-agent does something again.
  void reopen(std::string_view agent) { owners_.reopen(agent); }

  // Of a call of `owner`: a sub-agent's id, "" the main agent.
  Assessment assess(std::string_view tool, const Json& input, std::string_view owner = {});

  // Of an agent's own tools only what untrusted text alone names is held against a call: who writes programs
  // chooses packages and addresses by himself all day.
  // `said`: all that the call says.
  Assessment assess(const std::vector<Reach>& reaches, std::string_view said, std::string_view owner = {});
  // The call may run: what it reached is no news any more.
  void reached(const std::vector<Reach>& reaches);

  // Event `seq` gave the session something confidential: this value, or those in this text.
  void confide(std::uint64_t seq, std::string_view value);
  void confide_values_of(std::uint64_t seq, std::string_view text);
  bool has_secrets() const { return !secrets_.empty(); }
  // A call that was assessed so may run and says this.
  void sent(const Assessment& assessment, std::string_view said);

  const Words& words() const { return *words_; }
  // Of the whole tree: whatever any of its agents has read.
  const Label& label() const { return label_; }
  // What judges calls of `owner`: of a sub-agent that of the tree, of the main agent without what sub-agents
  // brought whose returns were narrow.
  Label label_for(std::string_view owner) const;
  // Narrow returns that make the main agent's label better than that of the tree; empty when none do.
  std::vector<NarrowReturn> narrow_returns() const;
  // What the last prompt or result brought, of which the label of the session is the join.
  const Label& brought() const { return brought_; }
  const Plan& plan() const { return plan_; }
  std::size_t bytes() const;

 private:
  // One value of one result.
  struct Place {
    std::uint32_t record = 0;  // index into records_
    bool free = false;
  };
  // One item of one result: a mail, a row, a page.
  struct Record {
    std::uint64_t seq = 0;
    std::uint32_t first_text = 0, end_text = 0;  // in corpus_
    bool named = false;                          // the user named it
    bool asked_for = false;                      // it answers a call with a value that the user typed
    bool workspace = false;                      // its free text is the user's own
    bool found = false;                          // by a search
    bool said = false;                           // what a call said, not what one returned
  };
  // Everything that is known of one value.
  struct Sightings;
  struct Pieces {
    Copied most;                      // in the text that has most of it
    std::vector<std::uint64_t> from;  // events that held pieces of 24 bytes or more, at most 8
    bool named = false;               // the user named one of them
  };

  void bring(Label label, std::string_view owner = {});
  void judge_for(std::string_view owner, Assessment& out) const;
  void judge_by_tree(Assessment& out) const;
  bool is_narrow_answer(std::string_view value) const;
  bool uses_narrow_answer(const ToolMeaning& meaning, const Json& input) const;
  bool is_free(const Leaf& leaf) const;
  bool says_which(const Leaf& leaf) const;
  bool typed(std::string_view value) const;
  void remember(std::uint64_t seq, const Leaves& leaves, const ToolResult& result, bool asked_for);
  void note_said(std::uint64_t seq, const ToolResult& result);
  void note_looked_up(const Record& record);
  void add_errand(const Record& record);
  // `strictly`: what the user typed counts only where it is no part of something longer.
  Sightings sightings(const std::string& value, bool strictly, bool disguised) const;
  void look_at_hits(const std::string& value, Sightings& seen) const;
  bool only_of_shape(const Record& record, std::string_view value, bool in_free_text) const;
  bool endorses(const Sightings& seen, std::string_view value, Role role, bool changes, Asked asked) const;
  Asked asked(const ToolMeaning& meaning) const;
  bool only_planned(const ToolMeaning& meaning) const;
  bool attests(std::string_view value, bool strictly) const;
  bool attests(const ToolMeaning& meaning, Asked asked) const;
  bool carries_link(std::string_view text) const;
  void assess_argument(const Argument& given, Assessment& out);
  void index_copies();
  // nullopt when less than a sentence of it stands in free text from outside, or the user's own texts have as
  // much of it.
  std::optional<Pieces> pieces_of(std::string_view folded);
  std::optional<ValueOrigin> named_by_text(const Reach& reach);
  void look_at_sink(const ToolMeaning& tool, std::string_view tool_name, const Json& input,
                    Assessment& out) const;
  void learn_of(std::uint64_t seq, const Leaves& leaves, const ToolResult& result, const ToolMeaning& tool);
  bool has_private() const { return !private_in_.empty(); }
  void look_at_hosts(const std::vector<Reach>& reaches, std::string_view said, Assessment& out) const;
  bool is_named_package(std::string_view package) const;
  bool lets_reach(const Reach& reach, std::string_view host, const Sightings& seen) const;

  std::shared_ptr<const Words> words_;
  ToolBook tools_;
  std::string prompts_;
  Plan plan_;
  bool claimed_ = false;  // a prompt that only the agent's side reports is among them
  std::string attested_prompts_;
  Plan attested_;             // of those alone
  Plan errand_;               // of the texts that the user sent the agent to
  Planned planned_;           // what planners added to plan_
  Planned attested_planned_;  // and to attested_
  std::string errands_;
  Corpus corpus_;
  Shingles copies_;                 // of the free texts
  std::uint32_t copies_until_ = 0;  // texts of the corpus before this were looked at
  std::vector<Place> places_;       // by text of the corpus
  std::vector<Record> records_;
  std::set<std::string, std::less<>> hosts_;  // that an own tool went to
  Secrets secrets_;
  Visibility visibility_;
  Tenants tenants_;
  std::vector<std::uint64_t> private_in_;  // events that read what is for a few only, at most 8
  std::set<Shape> looked_up_;              // of values of their own in records that the user named
  std::uint32_t last_record_ = 0;          // of the result that is being read
  Label label_;
  Label brought_;
  Owners owners_;                            // of the integrity in label_
  std::vector<std::string> narrow_answers_;  // as compared; booleans are not kept
};

// All texts and numbers of a call's input as one text.
std::string text_of(const Json& input);

// Adds what the call would take where, when anywhere: "carried", "crossing" {"from","read","to"},
// "secret_bytes", "sink".
void add_leaving(const Assessment& assessment, Json& out);

Json to_json(const Copied& copied);  // {"begin","bytes","end"}

// {"asked":"user","effect":"send","values":[{"endorsed":false,"field":"to","from":[7],"origin":"untrusted-text",…}],…}
Json to_json(const Assessment& assessment);

}  // namespace weir::flow
