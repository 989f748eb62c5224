// SPDX-License-Identifier: Apache-2.0
// How fast a core is right now: the time of a fixed piece of arithmetic and second-level cache
// work. A run between two slow calibrations happened on a disturbed machine and is dropped.
#pragma once

namespace room_router::bench {

// Microseconds, the least of a few tries of about 1 ms each. Moves the thread to `core` meanwhile;
// -1 stays where it is.
double Calibrate(int core);

}  // namespace room_router::bench
