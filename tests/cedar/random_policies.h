// Random policies, entities and requests over a small world, so that scopes, attributes and hierarchies meet.
//
//   RandomPolicies random([&](std::uint32_t n) { return engine() % n; });
//   PolicySet policies = *PolicySet::parse(random.policies(10));
//
// Whoever draws decides the rest: a seeded engine in tests, the bytes of libFuzzer in the fuzz target. About
// one operand in ten is of the wrong type, names of missing attributes and entities occur.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cedar/entities.h"
#include "cedar/request.h"

namespace weir::cedar {

class RandomPolicies {
 public:
  using Draw = std::function<std::uint32_t(std::uint32_t)>;  // a number below the one given
  explicit RandomPolicies(Draw draw) : draw_(std::move(draw)) {}

  std::string policies(std::uint32_t count) {
    std::string out;
    for (std::uint32_t i = 0; i < count; ++i)
      out += policy();
    return out;
  }

  std::string policy() {
    std::string out = one({"permit", "forbid"}) + "(" + scope("principal") + ", " + action_scope() + ", " +
                      scope("resource") + ")";
    for (std::uint32_t i = draw_(3); i > 0; --i)
      out += one({" when { ", " unless { ", " when { "}) + boolean(3) + " }";
    return out + ";\n";
  }

  Entities entities() {
    std::vector<Entity> out;
    for (const char* type : {"User", "Group", "File"})
      for (int i = 0; i < 4; ++i)
        if (draw_(6) != 0) out.push_back(entity(type, i));
    for (int i = 0; i < 3; ++i)
      out.push_back({EntityUid("Action", std::to_string(i)), {}, {}, {EntityUid("Action", "all")}});
    return *Entities::make(std::move(out));
  }

  Request request() {
    return Request(uid_value(), EntityUid("Action", std::to_string(draw_(4))), uid_value(), attributes());
  }

  std::string boolean(int depth) {
    if (wrong()) return integer(depth - 1);
    if (depth <= 0) return one({"true", "false", "context.b", "resource.b", "principal.b"});
    const auto b = [&] { return boolean(depth - 1); };
    const auto i = [&] { return integer(depth - 1); };
    switch (draw_(21)) {
      case 0:
        return "(" + b() + " && " + b() + ")";
      case 1:
        return "(" + b() + " || " + b() + " || " + b() + ")";
      case 2:
        return "!(" + b() + ")";
      case 3:
        return "(if " + b() + " then " + b() + " else " + b() + ")";
      case 4:
        return "(" + any(depth) + one({" == ", " != "}) + any(depth) + ")";
      case 5:
        return "(" + i() + one({" < ", " <= ", " > ", " >= "}) + i() + ")";
      case 6:
        return "(" + entity_text() + " in " + entity_text() + ")";
      case 7:
        return "(" + entity_text() + " in [" + entity_text() + ", " + entity_text() + "])";
      case 8:
        return "(" + entity_text() + " is " + type() + ")";
      case 9:
        return "(" + entity_text() + " is " + type() + " in " + entity_text() + ")";
      case 10:
        return "(" + text() + " like " + one({"\"*\"", "\"a*\"", "\"*b*a\"", "\"\\**\"", "\"a\""}) + ")";
      case 11:
        return set(depth) + ".contains(" + any(depth) + ")";
      case 12:
        return set(depth) + one({".containsAll(", ".containsAny("}) + set(depth) + ")";
      case 13:
        return set(depth) + ".isEmpty()";
      case 14:
        return "(" + holder() + " has " +
               one({"i", "b", "r.i", "e.i", "missing", "r.e.s", "\"not a name\""}) + ")";
      case 15:
        return entity_text() + ".hasTag(" + text() + ")";
      case 16:
        return decimal() + one({".lessThan(", ".greaterThanOrEqual("}) + decimal() + ")";
      case 17:
        return address() + one({".isIpv4()", ".isLoopback()", ".isMulticast()"});
      case 18:
        return address() + ".isInRange(" + address() + ")";
      case 19:
        return "(" + time(depth) + one({" < ", " == "}) + time(depth) + ")";
      default:
        return "({a: " + any(depth) + ", b: " + any(depth) + "} == {b: " + any(depth) + ", a: " + any(depth) +
               "})";
    }
  }

 private:
  std::string one(std::initializer_list<const char*> choices) {
    return choices.begin()[draw_(static_cast<std::uint32_t>(choices.size()))];
  }
  bool wrong() { return draw_(12) == 0; }

  std::string type() { return one({"User", "Group", "File"}); }
  std::string uid_text() { return type() + "::\"" + std::to_string(draw_(5)) + "\""; }
  EntityUid uid_value() { return EntityUid(type(), std::to_string(draw_(5))); }

  std::string scope(const std::string& variable) {
    switch (draw_(6)) {
      case 0:
        return variable + " == " + uid_text();
      case 1:
        return variable + " in " + uid_text();
      case 2:
        return variable + " is " + type();
      case 3:
        return variable + " is " + type() + " in " + uid_text();
      default:
        return variable;
    }
  }
  std::string action_scope() {
    const auto action = [&] { return "Action::" + one({"\"0\"", "\"1\"", "\"2\"", "\"3\"", "\"all\""}); };
    switch (draw_(5)) {
      case 0:
        return "action == " + action();
      case 1:
        return "action in " + action();
      case 2:
        return "action in [" + action() + ", " + action() + ", " + action() + "]";
      default:
        return "action";
    }
  }

  // Parents lie above in the order of types and numbers, so that there is no cycle.
  Entity entity(const std::string& type, int number) {
    std::vector<EntityUid> parents;
    for (int above = number + 1; above < 5; ++above) {
      if (draw_(3) == 0) parents.emplace_back(type, std::to_string(above));
      if (type != "Group" && draw_(4) == 0) parents.emplace_back("Group", std::to_string(above));
    }
    Record tags;
    if (draw_(2) == 0) tags.set("a", Value(1));
    if (draw_(2) == 0) tags.set("ab", value(0));
    return {EntityUid(type, std::to_string(number)), attributes(), std::move(tags), std::move(parents)};
  }

  Record attributes() {
    Record out;
    if (draw_(5) != 0) out.set("i", Value(static_cast<std::int64_t>(draw_(7)) - 3));
    if (draw_(5) != 0) out.set("b", Value(draw_(2) == 0));
    if (draw_(5) != 0) out.set("s", Value(one({"a", "ab", "aba", "*", ""})));
    if (draw_(5) != 0) out.set("e", Value(uid_value()));
    if (draw_(4) != 0) out.set("set", Value(Set({value(1), value(1), Value(1)})));
    if (draw_(3) != 0) out.set("r", Value(Record({{"i", Value(1)}, {"e", Value(uid_value())}})));
    if (draw_(3) != 0) out.set("ip", Value(*IpAddr::parse("10.0.0.1")));
    return out;
  }
  Value value(int depth) {
    switch (draw_(depth > 0 ? 6 : 4)) {
      case 0:
        return Value(static_cast<std::int64_t>(draw_(3)));
      case 1:
        return Value(one({"a", "ab"}));
      case 2:
        return Value(uid_value());
      case 3:
        return Value(draw_(2) == 0);
      case 4:
        return Value(Set({value(0), value(0)}));
      default:
        return Value(Record({{"x", value(0)}}));
    }
  }

  std::string holder() {
    return one({"context", "principal", "resource", "context.r", "resource.e", "action"});
  }

  std::string integer(int depth) {
    if (wrong()) return text();
    if (depth <= 0 || draw_(3) == 0)
      return one(
          {"0", "1", "3", "9223372036854775807", "context.i", "resource.i", "principal.e.i", "context.r.i"});
    if (draw_(6) == 0) return "-(" + integer(depth - 1) + ")";
    if (draw_(6) == 0) return entity_text() + ".getTag(" + text() + ")";
    if (draw_(6) == 0) return duration() + one({".toSeconds()", ".toDays()", ".toMilliseconds()"});
    return "(" + integer(depth - 1) + one({" + ", " - ", " * "}) + integer(depth - 1) + ")";
  }
  std::string text() {
    return one({"\"a\"", "\"ab\"", "context.s", "resource.s", "principal.s", "context.r.e.s"});
  }
  std::string entity_text() {
    if (wrong()) return text();
    if (draw_(3) == 0) return uid_text();
    return one({"principal", "resource", "action", "context.e", "resource.e", "context.r.e"});
  }
  std::string set(int depth) {
    if (wrong()) return text();
    if (draw_(3) == 0) return one({"context.set", "resource.set", "principal.set"});
    std::string out = "[";
    for (std::uint32_t i = draw_(4); i > 0; --i)
      out += any(depth) + ", ";
    return out + any(depth) + "]";
  }
  std::string any(int depth) {
    switch (draw_(depth > 0 ? 8 : 4)) {
      case 0:
        return integer(0);
      case 1:
        return text();
      case 2:
        return entity_text();
      case 3:
        return one({"context.b", "context.set", "resource.r", "context"});
      case 4:
        return set(depth - 1);
      case 5:
        return boolean(depth - 1);
      case 6:
        return one({"context.ip", "ip(\"10.0.0.1\")", "decimal(\"1.0\")", "duration(\"1d\")"});
      default:
        return "{x: " + any(depth - 1) + "}";
    }
  }
  std::string decimal() {
    return one({"decimal(\"1.5\")", "decimal(\"-0.1\")", "decimal(context.s)", "context.i"});
  }
  std::string address() {
    return one({"ip(\"10.0.0.0/8\")", "ip(\"127.0.0.1\")", "ip(\"::1\")", "context.ip", "ip(context.s)"});
  }
  std::string duration() { return one({"duration(\"1d2h\")", "duration(\"-3s\")", "duration(resource.s)"}); }
  std::string instant() {
    return one({"datetime(\"2024-02-29\")", "datetime(\"1969-12-31T23:59:59Z\")", "datetime(context.s)"});
  }
  std::string time(int depth) {
    if (depth > 0 && draw_(2) == 0) return instant() + ".offset(" + duration() + ")";
    if (draw_(4) != 0) return instant();
    return instant() + one({".toDate()", ".toTime()", ".durationSince(datetime(\"2024-01-01\"))"});
  }

  Draw draw_;
};

}  // namespace weir::cedar
