// An Analysis as JSON, as `weir inspect` and the record show it:
//   {"commands":[{"argv":["rm","-rf","x"],"span":[0,8]}], "effects":[{"verb":..,"kind":..,"resource":..,
//    "certainty":..,"span":[b,e],"attributes":{..}}], "opaque":[{"reason":..,"detail":..,"span":[b,e]}]}
#pragma once

#include "base/json.h"
#include "shell/effects.h"

namespace weir::shell {

Json inspect_json(const Analysis& analysis);

}  // namespace weir::shell
