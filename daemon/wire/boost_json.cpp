// Boost.JSON used header-only: its definitions live in this file alone.
#include <boost/json/src.hpp>
