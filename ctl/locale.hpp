// What the user's locale can show.
#pragma once

namespace superctl {

bool speaks_utf8();

}  // namespace superctl
