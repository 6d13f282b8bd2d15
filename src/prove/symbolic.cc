#include "prove/symbolic.h"

#include <fmt/format.h>

#include <cctype>

namespace weir::prove {

const Symbolic::Field* Symbolic::field(std::string_view name) const {
  for (const auto& candidate : *fields)
    if (candidate.name == name) return &candidate;
  return nullptr;
}

Symbolic symbolic(const Terms& terms, Term term) {
  return {terms.sort(term), term, nullptr};
}

std::string smt_name(std::string_view attribute) {
  std::string out;
  for (const char c : attribute)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-')
      out.push_back(c);
    else
      out += fmt::format("~{:02x}", static_cast<unsigned char>(c));
  return out;
}

Result<Symbolic> Unknowns::make(const cedar::SchemaType& type, const std::string& name,
                                const std::vector<Term>& args) {
  const auto leaf = [&](const std::string& path, SortPtr sort) {
    return args.empty() ? terms_.symbol(path, std::move(sort)) : terms_.function(path, std::move(sort), args);
  };
  TRY(SortPtr sort, sorts_.of(type));
  if (sort->kind != Sort::Kind::record) return symbolic(terms_, leaf(name, sort));
  auto fields = std::make_shared<std::vector<Symbolic::Field>>();
  for (const auto& field : sort->fields) {
    const std::string path = fmt::format("{}.{}", name, smt_name(field.name));
    TRY(Symbolic value, make(*type.attribute(field.name), path, args));
    const Term present =
        field.required ? terms_.boolean(true) : leaf(path + "?", Sorts::plain(Sort::Kind::boolean));
    fields->push_back({field.name, present, std::move(value)});
  }
  return Symbolic{std::move(sort), {}, std::move(fields)};
}

Result<Term> equal(Terms& terms, const Symbolic& a, const Symbolic& b) {
  using Kind = Sort::Kind;
  if (a.is(Kind::record) && b.is(Kind::record)) {
    if (a.fields->size() != b.fields->size())
      return fail("records of different attributes are compared, which is not supported");
    std::vector<Term> parts;
    for (const auto& field : *a.fields) {
      const auto* other = b.field(field.name);
      if (other == nullptr)
        return fail("records of different attributes are compared, which is not supported");
      TRY(const Term same, equal(terms, field.value, other->value));
      parts.push_back(terms.equal(field.present, other->present));
      parts.push_back(terms.any({terms.negate(field.present), same}));
    }
    return terms.all(std::move(parts));
  }
  if (a.sort->key == b.sort->key) return terms.equal(a.term, b.term);
  // Values of two different simple types are never equal; two sets may both be empty.
  if (!a.is(Kind::set) && !b.is(Kind::set)) return terms.boolean(false);
  if (a.is(Kind::set) != b.is(Kind::set)) return terms.boolean(false);
  return fail("sets of different types are compared, which is not supported");
}

Result<Symbolic> choose(Terms& terms, Term condition, const Symbolic& a, const Symbolic& b) {
  if (terms.is_true(condition)) return a;
  if (terms.is_false(condition)) return b;
  if (a.sort->key != b.sort->key)
    return fail("the branches of an `if` have different types, which is not supported");
  if (!a.is(Sort::Kind::record)) return symbolic(terms, terms.ite(condition, a.term, b.term));
  auto fields = std::make_shared<std::vector<Symbolic::Field>>();
  for (std::size_t i = 0; i < a.fields->size(); ++i) {
    const auto& left = (*a.fields)[i];
    const auto& right = (*b.fields)[i];
    TRY(Symbolic value, choose(terms, condition, left.value, right.value));
    fields->push_back({left.name, terms.ite(condition, left.present, right.present), std::move(value)});
  }
  return Symbolic{a.sort, {}, std::move(fields)};
}

Term packed(Terms& terms, const Symbolic& value) {
  if (!value.is(Sort::Kind::record)) return value.term;
  std::vector<Term> fields;
  for (std::size_t i = 0; i < value.fields->size(); ++i) {
    const auto& field = (*value.fields)[i];
    const Term part = packed(terms, field.value);
    if (value.sort->fields[i].required)
      fields.push_back(part);
    else
      fields.push_back(terms.ite(field.present, terms.some(part), terms.none(field.value.sort)));
  }
  return terms.record(value.sort, std::move(fields));
}

}  // namespace weir::prove
