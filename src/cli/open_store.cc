#include "cli/open_store.h"

#include "os/files.h"

namespace weir::cli {

Result<OpenStore> open_store(const Context& context) {
  store::Options options = store::options_at(context.places);
  if (!os::exists(options.segments_dir()))
    return fail(ErrorCode::not_found, "nothing has been recorded yet", options.dir,
                "guard an agent first: `weir run -- claude`, or `weir init claude`");
  options.read_only = true;
  OpenStore open;
  TRY(open.store, store::Store::open(options));
  open.query = std::make_unique<store::SqliteQuery>(*open.store);
  open.store->use_locator(open.query.get());
  return open;
}

}  // namespace weir::cli
