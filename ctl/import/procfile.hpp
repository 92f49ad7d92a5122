// Procfiles: a line for each process, "web: bundle exec puma -p $PORT".
#pragma once

#include "ctl/import/draft.hpp"

#include <vector>

namespace superctl::importing {

Translation translate_procfile(const std::vector<InputFile>& files);

}  // namespace superctl::importing
