// Keeping the keeper small.
#pragma once

namespace superd::keeper {

// Lets go of the pages of our program that only the start needed. They are the
// file's and come back by themselves if something needs them after all.
void shed_start_up_pages();

}  // namespace superd::keeper
