// Sorts: the types of Cedar as SMT sees them.
//
//   Long, decimal, datetime, duration   (_ BitVec 64)       ipaddr        a datatype of V4 and V6, see
//   script.cc Bool, String, Set<T>                Bool String (Set T)  entity type   a datatype around its
//   id, or of the
//                                                                         ids of an enumerated or action type
//   record   taken apart into its attributes (symbolic.h); a datatype only as an element of a set
//
// Sorts are compared by `key`, which spells them out.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "cedar/schema.h"

namespace weir::prove {

struct Sort;
using SortPtr = std::shared_ptr<const Sort>;

struct Sort {
  enum class Kind : unsigned char {
    boolean,
    integer,
    string,
    decimal,
    datetime,
    duration,
    ipaddr,
    entity,
    set,
    record,
    option,  // an attribute that may be absent, in a record that is an element of a set
  };
  struct Field {
    std::string name;
    SortPtr sort;
    bool required = true;
  };

  Kind kind = Kind::boolean;
  std::string name;                  // entity: its type
  bool closed = false;               // entity: `choices` are all there are
  std::vector<std::string> choices;  // entity: ids, sorted
  SortPtr element;                   // set, option
  std::vector<Field> fields;         // record, sorted by name
  std::string key;

  // Whether it is one 64-bit number.
  bool is_number() const {
    return kind == Kind::integer || kind == Kind::decimal || kind == Kind::datetime || kind == Kind::duration;
  }
};

// The sorts of one schema.
class Sorts {
 public:
  explicit Sorts(const cedar::Schema& schema);

  Result<SortPtr> of(const cedar::SchemaType& type) const;
  // Errors: the schema does not declare the type.
  Result<SortPtr> entity(const std::string& type) const;
  static SortPtr plain(Sort::Kind kind);
  static SortPtr set_of(SortPtr element);
  static SortPtr option_of(SortPtr element);
  static SortPtr record_of(std::vector<Sort::Field> fields);

  // Whether entities of `type` can have ancestors of `ancestor` over one or more steps of memberOf.
  bool has_ancestors(const std::string& type, const std::string& ancestor) const;
  // All such types, sorted.
  const std::vector<std::string>& ancestors(const std::string& type) const;
  const cedar::Schema& schema() const { return schema_; }

 private:
  const cedar::Schema& schema_;
  std::map<std::string, SortPtr> entities_;
  std::map<std::string, std::vector<std::string>> ancestors_;
};

}  // namespace weir::prove
