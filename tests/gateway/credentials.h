// Credentials for tests.
#pragma once

#include <string>

#include "gateway/credential_set.h"

namespace weir::gateway {

inline const std::string kReal = "ghp_R3alV4lueOfTheCredential0123456789ab";
inline const std::string kPlaceholder = "ghp_PPPPPPPPPPPPPPPPPPPPPPPP1111111111pp";

inline Credential credential(const std::string& host = "a.example", const std::string& place = "usual") {
  Credential one;
  one.name = "token";
  one.scope.hosts = {parse_allow_tls(host).value()};
  one.scope.place = parse_credential_place(place).value();
  one.placeholder = kPlaceholder;
  one.value = os::SecretText(kReal);
  return one;
}

inline std::vector<Credential> only(Credential one) {
  std::vector<Credential> list;
  list.push_back(std::move(one));
  return list;
}

}  // namespace weir::gateway
