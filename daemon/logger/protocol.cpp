#include "logger/protocol.hpp"
