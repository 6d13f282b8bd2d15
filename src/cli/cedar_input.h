// What the commands of `weir cedar` read: policies, schema, entities and a request, from the options that the
// official command line has for them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cedar/entities.h"
#include "cedar/policy_set.h"
#include "cedar/request.h"
#include "cedar/schema.h"
#include "cli/cli.h"

namespace weir::cli {

// -p,--policies FILE  --policy-format cedar|json  -k,--template-linked FILE
std::vector<Option> policy_options();
// -s,--schema FILE  --schema-format cedar|json
std::vector<Option> schema_options();
// --entities FILE
std::vector<Option> entity_options();
// -l,--principal  -a,--action  -r,--resource  -c,--context FILE  --request-json FILE
std::vector<Option> request_options();

std::vector<Option> joined(std::initializer_list<std::vector<Option>> groups);

// A file, or standard input for "" and "-". Errors name the file.
Result<std::string> read_input(const std::string& file, Context& context);
// "" and "-" are called standard input in messages.
std::string input_name(const std::string& file);

// The policies of --policies (else standard input), with the links of --template-linked.
// `links_may_be_missing`: then an absent file of links is an empty one.
Result<cedar::PolicySet> read_policies(const Args& args, Context& context, bool links_may_be_missing = false);
// The schema of --schema, where one is given.
Result<std::optional<cedar::Schema>> read_schema(const Args& args, Context& context);
// The entities of --entities, else none; with a schema its actions are among them.
Result<cedar::Entities> read_entities(const Args& args, Context& context, const cedar::Schema* schema);
// The request of --request-json or of --principal, --action, --resource, --context; none when nothing of
// these is given. All three entities are needed.
Result<std::optional<cedar::Request>> read_request(const Args& args, Context& context,
                                                   const cedar::Schema* schema);

}  // namespace weir::cli
